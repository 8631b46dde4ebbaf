package dev.portolan.server.health;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import com.fasterxml.jackson.databind.ObjectMapper;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/**
 * {@code /health} for people (HTML) and programs (JSON), {@code /health/live} (restart me if this fails) and {@code /health/ready} (send me calls if
 * this answers 200).
 */
public final class HealthServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final transient ServerHealth health;

    public HealthServlet(ServerHealth health) {
        this.health = health;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Cache-Control", "no-store");
        String path = request.getPathInfo() == null ? "" : request.getPathInfo();
        switch (path) {
            case "", "/" -> whole(request, response);
            case "/live" -> send(response, 200, "application/json", JSON.writeValueAsBytes(Map.of("status", "up")));
            case "/ready" -> {
                ServerHealth.Report report = health.report();
                send(response, statusOf(report), "application/json", JSON.writeValueAsBytes(Map.of("status", word(report.condition()))));
            }
            default -> response.sendError(404);
        }
    }

    private void whole(HttpServletRequest request, HttpServletResponse response) throws IOException {
        ServerHealth.Report report = health.report();
        String accept = request.getHeader("Accept");
        if (accept != null && accept.contains("text/html")) {
            response.setHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
            send(response, statusOf(report), "text/html;charset=utf-8", HealthPage.of(report, Instant.now()).getBytes(StandardCharsets.UTF_8));
        } else {
            send(response, statusOf(report), "application/json", JSON.writeValueAsBytes(json(report)));
        }
    }

    private static Map<String, Object> json(ServerHealth.Report report) {
        List<Map<String, String>> components = report.components().stream().map(component -> {
            Map<String, String> entry = new LinkedHashMap<>();
            entry.put("name", component.name());
            entry.put("status", word(component.condition()));
            entry.put("detail", component.detail());
            return entry;
        }).toList();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("status", word(report.condition()));
        json.put("version", report.version());
        json.put("runningSeconds", report.running().toSeconds());
        json.put("components", components);
        return json;
    }

    static String word(ComponentHealth.Condition condition) {
        return condition.name().toLowerCase(Locale.ROOT);
    }

    private static int statusOf(ServerHealth.Report report) {
        return report.ready() ? 200 : 503;
    }

    private static void send(HttpServletResponse response, int status, String type, byte[] body) throws IOException {
        response.setStatus(status);
        response.setContentType(type);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
