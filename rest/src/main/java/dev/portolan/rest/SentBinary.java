package dev.portolan.rest;

import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A file that is sent as it is, and becomes a Binary: its Content-Type is the Binary's, and the header X-Security-Context its security context (R4 binary, section 2.41.4). What has a Content-Type of FHIR's, one of the generic ones
 * for JSON and XML among them, is a resource, as it is anywhere else.
 */
final class SentBinary {

    private static final String TYPE = "Binary";

    private SentBinary() {}

    static boolean isTakenBy(String method, Route route) {
        return route.type().equals(TYPE) && (method.equals("POST") && route.kind() == Route.Kind.TYPE || method.equals("PUT") && route.kind() == Route.Kind.INSTANCE);
    }

    /** Whether a Content-Type names a file and no resource. */
    static boolean is(@Nullable String contentType) {
        return contentType != null && MediaType.isOther(contentType) && !MediaType.essence(contentType).equals("application/x-www-form-urlencoded");
    }

    /** @param id of the Binary, empty if it is to be given one */
    static byte[] json(HttpServletRequest http, String id, byte[] content) {
        ByteBuilder out = new ByteBuilder(content.length / 3 * 4 + 512);
        out.ascii("{\"resourceType\":\"Binary\"");
        if (!id.isEmpty()) {
            out.ascii(",\"id\":").string(id);
        }
        out.ascii(",\"contentType\":").string(http.getHeader("Content-Type").strip());
        String context = http.getHeader("X-Security-Context");
        if (context != null) {
            out.ascii(",\"securityContext\":{\"reference\":").string(context.strip()).ascii("}");
        }
        return out.ascii(",\"data\":\"").ascii(new String(Base64.getEncoder().encode(content), StandardCharsets.US_ASCII)).ascii("\"}").toBytes();
    }
}
