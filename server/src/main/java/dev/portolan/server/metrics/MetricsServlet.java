package dev.portolan.server.metrics;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;

import dev.portolan.server.http.Networks;

/**
 * {@code /metrics} in Prometheus's text format, or OpenMetrics if that is asked for. For callers whose own address is in the networks that a setting names, this machine's by default; what a proxy hands on
 * comes from outside, whatever the proxy's address, and so does what a web page asks for.
 */
public final class MetricsServlet extends HttpServlet {

    static final String PATH = "/metrics";

    private static final long serialVersionUID = 1L;
    private static final List<String> FROM_OUTSIDE = List.of("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via", "Origin");

    private final transient ServerMetrics metrics;
    private final transient Networks networks;

    public MetricsServlet(ServerMetrics metrics, Networks networks) {
        this.metrics = metrics;
        this.networks = networks;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Cache-Control", "no-store");
        if (!networks.contain(address(request)) || FROM_OUTSIDE.stream().anyMatch(header -> request.getHeader(header) != null)) {
            response.setStatus(403);
            response.setContentType("text/plain;charset=utf-8");
            response.getOutputStream().print("Metrics are for callers in the networks that PORTOLAN_METRICS_NETWORKS names, without a proxy in between.\n");
            return;
        }
        String accept = request.getHeader("Accept");
        byte[] body = metrics.text(accept);
        response.setContentType(ServerMetrics.type(accept));
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    private static String address(HttpServletRequest request) {
        String address = request.getRemoteAddr();
        return address.startsWith("[") && address.endsWith("]") ? address.substring(1, address.length() - 1) : address;
    }
}
