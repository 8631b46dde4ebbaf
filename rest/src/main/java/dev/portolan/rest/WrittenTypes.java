package dev.portolan.rest;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The types of a base that a {@link TypeWriter} takes. */
final class WrittenTypes {

    private final Map<String, TypeWriter> byType = new TreeMap<>();

    WrittenTypes(List<TypeWriter> writers) {
        writers.forEach(writer -> byType.put(writer.type(), writer));
    }

    /** Who takes what this method does to this route; null if that is the store's, or nobody's. */
    @Nullable TypeWriter of(String method, Route route) {
        boolean create = method.equals("POST") && route.kind() == Route.Kind.TYPE;
        boolean update = method.equals("PUT") && route.kind() == Route.Kind.INSTANCE;
        return create || update ? byType.get(route.type()) : null;
    }

    boolean has(String type) {
        return byType.containsKey(type);
    }
}
