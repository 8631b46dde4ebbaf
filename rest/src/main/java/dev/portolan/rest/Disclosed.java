package dev.portolan.rest;

import dev.portolan.audit.DataCategory;
import dev.portolan.store.StoredResource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What one answer gives out or changes, gathered while it is put together, for the audit trail. Of one request, and so of one thread. */
final class Disclosed {

    private final Set<String> types = new TreeSet<>();
    private final Set<DataCategory> categories = EnumSet.noneOf(DataCategory.class);
    private final List<StoredResource.Home> homes = new ArrayList<>();
    private int resources;
    private long withheld;
    private String lastType = "";

    /** A resource that leaves or is written. {@code json} is what leaves of it, which may be a part. */
    Disclosed add(StoredResource resource, byte[] json) {
        DataCategory.collect(resource.key().type(), json, categories);
        return addWithoutContent(resource);
    }

    /** A deletion, or what the caller holds already: there is no content, but the resource counts. */
    Disclosed addWithoutContent(StoredResource resource) {
        String type = resource.key().type();
        if (!type.equals(lastType)) {
            types.add(type);
            lastType = type;
        }
        homes.add(resource.home());
        resources++;
        return this;
    }

    /** Whose resource was asked about though none of it leaves (304). */
    Disclosed about(StoredResource resource) {
        types.add(resource.key().type());
        homes.add(resource.home());
        return this;
    }

    /** Resources that leave unseen, in a file: whose they are, and what kinds of data, the file's own list says. */
    Disclosed count(int more, List<String> kinds) {
        resources += more;
        kinds.forEach(kind -> DataCategory.ofCode(kind).ifPresent(categories::add));
        return this;
    }

    /** A resource that was made for this answer. */
    Disclosed addProvided(String type, byte[] json) {
        types.add(type);
        resources++;
        DataCategory.collect(type, json, categories);
        return this;
    }

    Disclosed withhold(long more) {
        withheld += more;
        return this;
    }

    void addAll(Disclosed other) {
        types.addAll(other.types);
        categories.addAll(other.categories);
        homes.addAll(other.homes);
        resources += other.resources;
        withheld += other.withheld;
    }

    Set<String> types() {
        return types;
    }

    List<String> categories() {
        return categories.stream().map(DataCategory::code).toList();
    }

    List<StoredResource.Home> homes() {
        return homes;
    }

    int resources() {
        return resources;
    }

    int withheld() {
        return (int) Math.min(withheld, Integer.MAX_VALUE);
    }
}
