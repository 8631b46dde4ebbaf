package dev.portolan.fhir.packages;

import dev.portolan.fhir.json.JsonDocument;
import org.jspecify.annotations.Nullable;

/** A resource of a package: what it is, and its JSON when asked for. Holds no content itself. */
public final class PackageResource {

    private final GuideRef origin;
    private final PackEntry entry;
    private final PackFile file;

    PackageResource(GuideRef origin, PackEntry entry, PackFile file) {
        this.origin = origin;
        this.entry = entry;
        this.file = file;
    }

    /** The package that has it. */
    public GuideRef origin() {
        return origin;
    }

    public String resourceType() {
        return entry.type();
    }

    public @Nullable String id() {
        return entry.id();
    }

    /** Its canonical address without a version; null for what has none, as most examples. */
    public @Nullable String url() {
        return entry.url();
    }

    public @Nullable String version() {
        return entry.version();
    }

    /** True for what the guide shows as an example. */
    public boolean example() {
        return entry.example();
    }

    /** File name inside the package. */
    public String fileName() {
        return entry.name();
    }

    /** The JSON as the package has it. */
    public byte[] bytes() {
        return file.read(entry);
    }

    public JsonDocument document() {
        return JsonDocument.parse(bytes());
    }

    @Override
    public String toString() {
        return origin + "/" + entry.name();
    }
}
