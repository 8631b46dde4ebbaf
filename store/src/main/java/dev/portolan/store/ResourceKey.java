package dev.portolan.store;

/** {@code Patient/123}. */
public record ResourceKey(String type, String id) implements Comparable<ResourceKey> {

    @Override
    public int compareTo(ResourceKey other) {
        int byType = type.compareTo(other.type);
        return byType != 0 ? byType : id.compareTo(other.id);
    }

    @Override
    public String toString() {
        return type + "/" + id;
    }
}
