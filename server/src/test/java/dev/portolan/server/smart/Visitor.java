package dev.portolan.server.smart;

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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A person at a browser, who signs in and shares everything that is asked for, but for what is kept back. */
final class Visitor {

    private static final Pattern INPUT = Pattern.compile("<(?:input|select)[^>]*>");
    private static final Pattern KIND = Pattern.compile("name=\"(kind|part)\" value=\"([A-Z_]+)\"");

    private final HttpClient http = HttpClient.newBuilder().cookieHandler(new CookieManager()).followRedirects(HttpClient.Redirect.NEVER).build();
    private final String server;
    private final Set<String> keptBack = new HashSet<>();

    Visitor(String server, String user, String password) throws IOException, InterruptedException {
        this.server = server;
        String form = get("/sign-in").body();
        HttpResponse<String> in = post("/sign-in", "_csrf", field(form, "_csrf"), "username", user, "password", password);
        if (in.headers().firstValue("Location").orElse("").contains("failed")) {
            throw new AssertionError(user + " cannot sign in");
        }
    }

    /** @param parts of kinds of data that are not shared */
    Visitor keepingBack(String... parts) {
        keptBack.addAll(List.of(parts));
        return this;
    }

    HttpResponse<String> get(String address) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(URI.create(server).resolve(address)).header("Accept", "text/html").build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> post(String address, String... fields) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(URI.create(server).resolve(address)).header("Accept", "text/html").header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form(fields))).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Follows a request to the consent page and agrees to all of it that is not kept back. What the app gets back: the parameters of its redirect. */
    Map<String, String> share(HttpResponse<String> asked) throws IOException, InterruptedException {
        String page = get(location(asked)).body();
        List<String> fields = new ArrayList<>(List.of("client_id", field(page, "client_id"), "state", field(page, "state"), "decision", "allow", "offline", "yes", "days", "365"));
        KIND.matcher(page).results().filter(kind -> !keptBack.contains(kind.group(2))).forEach(kind -> fields.addAll(List.of(kind.group(1), kind.group(2))));
        if (page.contains("name=\"patient\"")) {
            fields.addAll(List.of("patient", field(page, "patient")));
        }
        return query(location(post("/oauth2/authorize", fields.toArray(String[]::new))));
    }

    static String location(HttpResponse<String> answer) {
        return answer.headers().firstValue("Location").orElseThrow(() -> new AssertionError(answer.statusCode() + " " + answer.body()));
    }

    static String field(String page, String name) {
        Matcher input = INPUT.matcher(page);
        while (input.find()) {
            Matcher value = Pattern.compile("value=\"([^\"]*)\"").matcher(input.group());
            if (input.group().contains("name=\"" + name + "\"") && value.find()) {
                return value.group(1);
            }
        }
        throw new AssertionError("no " + name + " in " + page);
    }

    static Map<String, String> query(String address) {
        return Stream.of(URI.create(address).getRawQuery().split("&")).map(pair -> pair.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> URLDecoder.decode(pair[1], StandardCharsets.UTF_8)));
    }

    static String form(String... fields) {
        List<String> pairs = new ArrayList<>();
        for (int i = 0; i < fields.length; i += 2) {
            pairs.add(URLEncoder.encode(fields[i], StandardCharsets.UTF_8) + "=" + URLEncoder.encode(fields[i + 1], StandardCharsets.UTF_8));
        }
        return String.join("&", pairs);
    }
}
