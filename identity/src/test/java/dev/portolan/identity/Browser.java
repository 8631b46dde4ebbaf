package dev.portolan.identity;

import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A browser without a screen: cookies, forms, and redirects one at a time. */
final class Browser {
    private static final Pattern FIELD = Pattern.compile("<input[^>]*>");

    final CookieManager cookies = new CookieManager();
    private final CookieManager elsewhere = new CookieManager();
    private final HttpClient http = HttpClient.newBuilder().cookieHandler(cookies).followRedirects(HttpClient.Redirect.NEVER).build();
    /** Servers on one host share cookies whatever their ports; in the world they have hosts of their own. */
    private final HttpClient httpElsewhere = HttpClient.newBuilder().cookieHandler(elsewhere).followRedirects(HttpClient.Redirect.NEVER).build();
    private final String url;

    Browser(String url) {
        this.url = url;
    }

    record Page(int status, String location, String body, HttpResponse<String> response) {
        /** The value of a form's field, read as a person's browser would. */
        String field(String name) {
            Matcher m = FIELD.matcher(body);
            while (m.find()) {
                if (m.group().contains("name=\"" + name + "\"")) {
                    Matcher value = Pattern.compile("value=\"([^\"]*)\"").matcher(m.group());
                    return value.find() ? value.group(1) : "";
                }
            }
            throw new AssertionError("no field " + name + " in " + body);
        }

        Map<String, String> query() {
            Map<String, String> parameters = new LinkedHashMap<>();
            String query = URI.create(location).getRawQuery();
            if (query != null) {
                for (String pair : query.split("&")) {
                    int equals = pair.indexOf('=');
                    parameters.put(pair.substring(0, equals), URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
                }
            }
            return parameters;
        }
    }

    Page get(String address) {
        return send(HttpRequest.newBuilder(absolute(address)).header("Accept", "text/html,*/*;q=0.8").GET());
    }

    Page post(String address, String... fields) {
        return send(HttpRequest.newBuilder(absolute(address)).header("Accept", "text/html,*/*;q=0.8")
                .header("Content-Type", "application/x-www-form-urlencoded").POST(HttpRequest.BodyPublishers.ofString(form(fields))));
    }

    /** RFC 9110, 10.2.2: a Location may be relative. What is absolute stays as it was written. */
    private static String absolute(URI from, String location) {
        return location.startsWith("/") ? from.resolve(location).toString() : location;
    }

    private URI absolute(String address) {
        return URI.create(address.startsWith("http") ? address : url + address);
    }

    private Page send(HttpRequest.Builder request) {
        try {
            HttpRequest built = request.build();
            HttpClient client = built.uri().toString().startsWith(url) ? http : httpElsewhere;
            HttpResponse<String> response = client.send(built, HttpResponse.BodyHandlers.ofString());
            String location = response.headers().firstValue("Location").map(l -> absolute(built.uri(), l)).orElse("");
            return new Page(response.statusCode(), location, response.body(), response);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static String form(String... fields) {
        List<String> pairs = new ArrayList<>();
        for (int i = 0; i < fields.length; i += 2) {
            pairs.add(encode(fields[i]) + "=" + encode(fields[i + 1]));
        }
        return String.join("&", pairs);
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    Page signIn(String username, String password, String... more) {
        Page page = get("/sign-in");
        List<String> fields = new ArrayList<>(List.of("_csrf", page.field("_csrf"), "username", username, "password", password));
        fields.addAll(List.of(more));
        return post("/sign-in", fields.toArray(String[]::new));
    }
}
