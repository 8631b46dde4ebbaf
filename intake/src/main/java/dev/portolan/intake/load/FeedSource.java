package dev.portolan.intake.load;

import dev.portolan.intake.source.WorkFolder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a feed comes from: a file, a folder of files, an address (http or https), or a query over JDBC. What is no file is copied to one first, so that a load that is resumed reads the same bytes.
 */
final class FeedSource {

    /** Details of a source that may hold a secret: they are kept in memory only, not in the room's tables. */
    static final String TOKEN = "token";
    static final String JDBC = "jdbc";
    static final String QUERY = "query";
    /** An address with what is not shown of it. */
    static final String ADDRESS = "address";

    private static final Logger LOG = LoggerFactory.getLogger(FeedSource.class);
    private static final int FETCH_ROWS = 1_000;

    private static final Duration LONGEST_SILENCE = Duration.ofMinutes(5);

    private final Path spool;
    private final WorkFolder work;
    private final Duration silence;

    FeedSource(Path spool) {
        this(spool, LONGEST_SILENCE);
    }

    /** @param silence how long an address that is fetched may send nothing */
    FeedSource(Path spool, Duration silence) {
        this.spool = spool;
        this.work = new WorkFolder(spool);
        this.silence = silence;
    }

    /** For copies that are read while they are made, and never again. */
    WorkFolder work() {
        return work;
    }

    /** A record as a file of its own, which whoever asks for it deletes. */
    Path copy(String raw, Feed.Part part) throws IOException {
        return Files.writeString(Files.createTempFile(work.path(), "record-", part.endings().isEmpty() ? ".csv" : part.endings().get(0)), raw);
    }

    /** The files of a source, in the order in which the feed's parts are loaded. */
    List<LoadLedger.NewFile> files(LoadLedger.Open run, Feed feed, Map<String, String> secrets) {
        try {
            List<Path> found = found(run, secrets);
            List<LoadLedger.NewFile> files = new ArrayList<>();
            for (Feed.Part part : feed.parts()) {
                for (Path file : found) {
                    if (part.takes(file)) {
                        files.add(new LoadLedger.NewFile(part.name(), file.getFileName().toString(), file.toString(), digest(file), Files.size(file), part.mapper().name(), part.mapper().version(),
                            Files.getLastModifiedTime(file).toInstant()));
                    }
                }
            }
            if (files.isEmpty()) {
                List<String> endings = feed.parts().stream().flatMap(part -> part.endings().stream()).distinct().toList();
                throw new LoadException(run.source() + " has no file that a feed of the kind '" + run.kind() + "' takes; it takes "
                    + (endings.isEmpty() ? "X12 interchanges of whatever name, which begin with an ISA segment of 106 characters" : "names that end in " + endings));
            }
            return files;
        } catch (IOException e) {
            throw new LoadException(run.source() + " cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Whether this machine has what a run is to read.
     *
     * @param noted its files, if it was begun
     */
    static boolean isHere(LoadLedger.Open run, List<LoadLedger.OpenFile> noted) {
        if (!noted.isEmpty()) {
            return noted.stream().allMatch(file -> Files.isReadable(Path.of(file.path())));
        }
        return !SourceAddress.isWeb(run.source()) && !run.source().startsWith("jdbc:") && Files.isReadable(Path.of(run.source()));
    }

    private List<Path> found(LoadLedger.Open run, Map<String, String> secrets) throws IOException {
        if (secrets.containsKey(JDBC)) {
            return List.of(query(run, secrets.get(JDBC), secrets.getOrDefault(QUERY, "")));
        }
        if (SourceAddress.isWeb(run.source())) {
            String address = secrets.getOrDefault(ADDRESS, run.source());
            if (address.endsWith(SourceAddress.LEFT_OUT)) {
                throw new LoadException("the server was started anew before the address was fetched; ask for the load again, with the whole address");
            }
            return List.of(fetch(run, URI.create(address), secrets.get(TOKEN)));
        }
        if (run.source().startsWith("jdbc:")) {
            throw new LoadException("the server was started anew before the query was run; ask for the load again, with its JDBC address");
        }
        Path path = Path.of(run.source());
        if (Files.isDirectory(path)) {
            try (Stream<Path> files = Files.list(path)) {
                return files.filter(Files::isRegularFile).sorted().toList();
            }
        }
        if (!Files.isReadable(path) || !Files.isRegularFile(path)) {
            throw new LoadException("there is no file or folder " + path + " that the server can read");
        }
        return List.of(path.toAbsolutePath());
    }

    private Path fetch(LoadLedger.Open run, URI address, @Nullable String token) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(silence).header("Accept", "application/fhir+ndjson, application/json, text/csv");
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        String name = Path.of(address.getPath().isEmpty() ? "/" : address.getPath()).getFileName() == null ? "resources" : Path.of(address.getPath()).getFileName().toString();
        Path file = folder(run).resolve(name.contains(".") ? name : name + ".ndjson");
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            HttpResponse<InputStream> response = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).followRedirects(HttpClient.Redirect.NEVER).build()
                .send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = new WatchedInput(response.body(), silence)) {
                if (response.statusCode() != 200) {
                    throw new LoadException(run.source() + " answered with status " + response.statusCode());
                }
                Files.copy(body, part, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LoadException("interrupted while fetching " + run.source(), e);
        }
        return Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Runs the query and writes its rows as CSV. The driver reads some rows at a time, so the result need not fit into memory. */
    private Path query(LoadLedger.Open run, String address, String query) throws IOException {
        Path file = folder(run).resolve("query.csv");
        Path part = file.resolveSibling("query.csv.part");
        try (Connection connection = DriverManager.getConnection(address)) {
            connection.setReadOnly(true);
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement(); OutputStream out = new java.io.BufferedOutputStream(Files.newOutputStream(part))) {
                statement.setFetchSize(FETCH_ROWS);
                try (ResultSet rows = statement.executeQuery(query)) {
                    write(rows, out);
                }
            }
            connection.rollback();
        } catch (SQLException e) {
            throw new LoadException("the query of the source failed: " + reason(e, address)); // without its cause: the source's database that is away is not ours, for which loads wait
        }
        return Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** What there is to say of it without the address's password and the source's values. */
    private static String reason(SQLException failure, String address) {
        String state = String.valueOf(failure.getSQLState());
        String said = String.valueOf(failure.getMessage());
        if (state.startsWith("22") || state.startsWith("23")) {
            return "a value of the source cannot be taken as the query asks (SQLSTATE " + state + ")";
        }
        return said.contains(address) || said.startsWith("No suitable driver") ? "there is no driver here for " + SourceAddress.database(address) : said + " (SQLSTATE " + state + ")";
    }

    /** Takes away the copies of a run that is finished: nothing reads them again, and they are members' data. */
    void forget(long run) {
        Path folder = spool.resolve("run-" + run);
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            LOG.warn("The copies of load {} stay in {}", run, folder, e);
        }
    }

    private static void write(ResultSet rows, OutputStream out) throws SQLException, IOException {
        ResultSetMetaData columns = rows.getMetaData();
        StringBuilder line = new StringBuilder();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            append(line, columns.getColumnLabel(i), i);
        }
        out.write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
        while (rows.next()) {
            line.setLength(0);
            for (int i = 1; i <= columns.getColumnCount(); i++) {
                String value = rows.getString(i);
                append(line, value == null ? "" : value, i);
            }
            out.write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void append(StringBuilder line, String value, int column) {
        line.append(column == 1 ? "" : ",").append('"').append(value.replace("\"", "\"\"")).append('"');
    }

    private Path folder(LoadLedger.Open run) throws IOException {
        return Files.createDirectories(spool.resolve("run-" + run.id()));
    }

    static byte[] digest(Path file) throws IOException {
        try (DigestInputStream in = new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
            byte[] buffer = new byte[1 << 16];
            while (in.read(buffer) >= 0) {
                // The digest is what is wanted.
            }
            return in.getMessageDigest().digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
