package dev.portolan.compliance;

import dev.portolan.identity.table.CsvTable;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;

/** A table on its way to a regulator: written to a file first, so that its checksum stands in the headers and in the trail before the first byte leaves. */
public final class CsvExport implements AutoCloseable {

    private final Path file;
    private final byte[] sha256;
    private final int rows;

    private CsvExport(Path file, byte[] sha256, int rows) {
        this.file = file;
        this.sha256 = sha256;
        this.rows = rows;
    }

    /** Hands over rows one after the other. */
    public interface Rows {
        void each(Consumer<List<String>> to);
    }

    public static CsvExport write(List<String> columns, Rows rows) throws IOException {
        Path file = Files.createTempFile("audit-export", ".csv", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        int[] count = new int[1];
        MessageDigest digest = sha256();
        try (Writer out = new BufferedWriter(new OutputStreamWriter(new DigestOutputStream(Files.newOutputStream(file), digest), StandardCharsets.UTF_8)); CsvTable csv = new CsvTable(out)) {
            csv.row(columns);
            rows.each(row -> {
                csv.row(row);
                count[0]++;
            });
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(file);
            throw e;
        }
        return new CsvExport(file, digest.digest(), count[0]);
    }

    int rows() {
        return rows;
    }

    String checksum() {
        return HexFormat.of().formatHex(sha256);
    }

    /** RFC 9530 for programs, a plain header for people. */
    public void send(HttpServletResponse response, String name) throws IOException {
        response.setContentType("text/csv;charset=utf-8");
        response.setHeader("Content-Disposition", "attachment; filename=" + name + ".csv");
        response.setHeader("Repr-Digest", "sha-256=:" + Base64.getEncoder().encodeToString(sha256) + ":");
        response.setHeader("X-Checksum-SHA256", checksum());
        response.setHeader("Cache-Control", "no-store");
        response.setContentLengthLong(Files.size(file));
        Files.copy(file, response.getOutputStream());
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
