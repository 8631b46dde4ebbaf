package dev.portolan.server.http;

import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;

import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/** Gives every request a name that stands in its response, its log lines and its audit entry: the caller's {@code X-Request-Id} if it is a plain one. */
public final class RequestIdFilter extends HttpFilter {

    /** The request attribute that holds the name. */
    public static final String ATTRIBUTE = "dev.portolan.request-id";

    private static final long serialVersionUID = 1L;
    private static final String HEADER = "X-Request-Id";
    private static final int LONGEST = 64;

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws IOException, ServletException {
        // An answer that waited for something comes by here again, with the name that its request has.
        String id = request.getAttribute(ATTRIBUTE) instanceof String named ? named : name(request, response);
        MDC.put("request", id);
        try {
            chain.doFilter(request, response);
        } finally {
            MDC.remove("request");
        }
    }

    private static String name(HttpServletRequest request, HttpServletResponse response) {
        String given = request.getHeader(HEADER);
        String id = isPlain(given) ? given : fresh();
        request.setAttribute(ATTRIBUTE, id);
        response.setHeader(HEADER, id);
        return id;
    }

    private static String fresh() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return Long.toHexString(random.nextLong() | Long.MIN_VALUE) + Long.toHexString(random.nextLong() | Long.MIN_VALUE);
    }

    /** It goes into logs and headers, so nothing but letters, digits and a few marks. */
    private static boolean isPlain(@Nullable String id) {
        if (id == null || id.isEmpty() || id.length() > LONGEST) {
            return false;
        }
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            boolean plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.';
            if (!plain) {
                return false;
            }
        }
        return true;
    }
}
