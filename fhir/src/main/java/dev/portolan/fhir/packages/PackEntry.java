package dev.portolan.fhir.packages;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonLimits;
import dev.portolan.fhir.json.JsonValue;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One line of a pack's table of contents. */
record PackEntry(
        String name,
        String type,
        @Nullable String id,
        @Nullable String url,
        @Nullable String version,
        boolean example,
        long offset,
        int packedLength,
        int length) {

    /** Guides have Binary examples and Bundles of several megabytes. */
    private static final JsonLimits LIMITS = new JsonLimits(Integer.MAX_VALUE, 128, Integer.MAX_VALUE);

    /** Describes a resource that is about to be packed, or null if the text is no resource. */
    static @Nullable PackEntry describe(String name, byte[] json, boolean example) {
        JsonValue root = JsonDocument.parse(json, LIMITS).root();
        String type = root.fieldText("resourceType");
        if (type == null) {
            return null;
        }
        return new PackEntry(name, type, root.fieldText("id"), root.fieldText("url"), root.fieldText("version"), example, 0, 0, json.length);
    }

    PackEntry at(long offset, int packedLength) {
        return new PackEntry(name, type, id, url, version, example, offset, packedLength, length);
    }

    void write(DataOutput out) throws IOException {
        out.writeUTF(name);
        out.writeUTF(type);
        writeOptional(out, id);
        writeOptional(out, url);
        writeOptional(out, version);
        out.writeBoolean(example);
        out.writeLong(offset);
        out.writeInt(packedLength);
        out.writeInt(length);
    }

    static PackEntry read(DataInput in) throws IOException {
        return new PackEntry(
                in.readUTF(),
                in.readUTF().intern(),
                readOptional(in),
                readOptional(in),
                readOptional(in),
                in.readBoolean(),
                in.readLong(),
                in.readInt(),
                in.readInt());
    }

    private static void writeOptional(DataOutput out, @Nullable String text) throws IOException {
        out.writeUTF(text == null ? "" : text);
    }

    private static @Nullable String readOptional(DataInput in) throws IOException {
        String text = in.readUTF();
        return text.isEmpty() ? null : text;
    }
}
