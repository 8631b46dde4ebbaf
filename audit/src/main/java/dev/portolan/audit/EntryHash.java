package dev.portolan.audit;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The hash of an entry: SHA-256 over the previous hash and every field, each with its length before it, so that no two different entries read the same.
 *
 * <p>The order of fields is part of the format: a field that is added later goes to the end, behind a version of its own.
 */
final class EntryHash {

    static final int BYTES = 32;

    private final MessageDigest digest;
    private final ByteArrayOutputStream buffer = new ByteArrayOutputStream(512);

    EntryHash() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    byte[] of(byte[] previous, UUID chain, long seq, long recordedMillis, AuditEntry entry) {
        buffer.reset();
        try (DataOutputStream out = new DataOutputStream(buffer)) {
            out.write(previous);
            out.writeLong(chain.getMostSignificantBits());
            out.writeLong(chain.getLeastSignificantBits());
            out.writeLong(seq);
            out.writeLong(recordedMillis);
            writeFields(out, entry);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return digest.digest(buffer.toByteArray());
    }

    private static void writeFields(DataOutputStream out, AuditEntry entry) throws IOException {
        text(out, entry.api());
        text(out, entry.operation());
        out.writeInt(entry.outcome().status());
        text(out, entry.outcome().code());
        text(out, entry.caller().app());
        text(out, entry.caller().person());
        text(out, entry.caller().relation());
        AuditEntry.Subject subject = entry.subject();
        texts(out, subject.members());
        texts(out, subject.types());
        text(out, subject.resource());
        out.writeInt(subject.resources());
        out.writeInt(subject.withheld());
        texts(out, subject.categories());
        text(out, subject.query());
        text(out, entry.authority().grant());
        texts(out, entry.authority().scopes());
        text(out, entry.authority().purpose());
        texts(out, entry.authority().consents());
        text(out, entry.origin().address());
        text(out, entry.origin().request());
    }

    private static void text(DataOutputStream out, @Nullable String value) throws IOException {
        if (value == null) {
            out.writeInt(-1);
            return;
        }
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static void texts(DataOutputStream out, List<String> values) throws IOException {
        out.writeInt(values.size());
        for (String value : values) {
            text(out, value);
        }
    }
}
