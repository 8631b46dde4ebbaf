package dev.portolan.server.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** What the container itself refuses (a malformed request line, headers too long, no such path) is answered like every other error, and tells nothing of the inside. */
public final class OutcomeErrorHandler extends ErrorHandler {

    /** For a person's browser, in the look of the other pages. */
    private static final String PAGE = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>This did not work</title>
            <link rel="stylesheet" href="/identity/identity.css"></head>
            <body><main class="narrow"><div class="card"><h1>This did not work</h1><p>%s</p><p><a href="/">Go to the first page</a></p></div></main></body></html>
            """;

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        int status = response.getStatus() >= 400 ? response.getStatus() : 500;
        boolean person = String.valueOf(request.getHeaders().get(HttpHeader.ACCEPT)).startsWith("text/html");
        byte[] body = (person ? PAGE.formatted(sentence(status)) : """
                {"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"%s","diagnostics":"%s"}]}"""
                .formatted(code(status), sentence(status))).getBytes(StandardCharsets.UTF_8);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, person ? "text/html;charset=utf-8" : "application/fhir+json;charset=utf-8");
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
        if (request.getAttribute(ERROR_EXCEPTION) instanceof HttpException) {
            // The parser gave the connection up and closes it: unsaid, a client would lose its next request on it (RFC 9112, 9.6).
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
        response.write(true, ByteBuffer.wrap(body), callback);
        return true;
    }

    private static String code(int status) {
        return switch (status) {
            case 401 -> "login";
            case 403 -> "forbidden";
            case 404 -> "not-found";
            case 405 -> "not-supported";
            case 413, 414, 431 -> "too-long";
            case 429 -> "throttled";
            case 503 -> "transient";
            default -> status < 500 ? "structure" : "exception";
        };
    }

    private static String sentence(int status) {
        return switch (status) {
            case 400 -> "The request is not well-formed HTTP: check the request line, the escapes in its URL and its headers.";
            case 401 -> "Say who you are: HTTP Basic with the name and password of an account, or the session of a page; staff with a second factor add One-Time-Password.";
            case 403 -> "This is not for this account, or the call came from another page without the CSRF token of ours.";
            case 404 -> "There is nothing at this address. The FHIR bases are listed at /.";
            case 405 -> "This address does not take this method.";
            case 429 -> "There were more calls from your address than this server takes; try again in a while (Retry-After says when).";
            case 413 -> "The body is larger than this server takes.";
            case 414, 431 -> "The request line or its headers are longer than this server takes; search by POST _search with the parameters in the body.";
            case 503 -> "The server is starting, stopping or overloaded; try again shortly.";
            default -> status < 500 ? "The request cannot be answered as it stands." : "The server failed; the request id in X-Request-Id finds the reason in its log.";
        };
    }

    @Override
    public boolean errorPageForMethod(String method) {
        return true;
    }
}
