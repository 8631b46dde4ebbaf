package dev.portolan.benchmarks.limit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * The least that can answer: a path is one prepared statement, its query the arguments, and the rows' bytes are the
 * entries of a Bundle. No FHIR, no authorization, no audit, no paging. Arguments: port and JDBC URL.
 */
public final class BareServer extends Handler.Abstract {

    private static final Map<String, String> STATEMENTS = Map.of(
            "/read", "select content from plain where id = ? and type = ?",
            "/eob", "select content from plain where member = ? and type = 'ExplanationOfBenefit' order by date desc limit 50",
            "/condition", "select content from plain where member = ? and type = 'Condition' limit 50",
            "/observation", "select content from plain where member = ? and type = 'Observation' and date >= ? and category = ? limit 50",
            "/everything", "select content from plain where member = ? limit 1000");

    private static final byte[] START = "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"entry\":[".getBytes(StandardCharsets.UTF_8);
    private static final byte[] ENTRY = "{\"resource\":".getBytes(StandardCharsets.UTF_8);

    private final String jdbcUrl;
    private final ThreadLocal<Map<String, PreparedStatement>> statements = ThreadLocal.withInitial(HashMap::new);

    private BareServer(String jdbcUrl) {
        this.jdbcUrl = jdbcUrl;
    }

    public static void main(String... arguments) throws Exception {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setPort(Integer.parseInt(arguments[0]));
        server.addConnector(connector);
        server.setHandler(new BareServer(arguments[1]));
        server.start();
        System.out.println("bare server ready");
        server.join();
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        String path = request.getHttpURI().getPath();
        String[] arguments = request.getHttpURI().getQuery().split("&");
        try {
            ByteBuffer answer = path.equals("/read") ? first(path, arguments) : bundle(path, arguments);
            response.getHeaders().put("Content-Type", "application/fhir+json");
            response.getHeaders().put("Content-Length", answer.remaining());
            response.write(true, answer, callback);
        } catch (SQLException e) {
            callback.failed(e);
        }
        return true;
    }

    private ByteBuffer first(String path, String[] arguments) throws SQLException {
        try (ResultSet rows = statement(path, arguments).executeQuery()) {
            if (!rows.next()) {
                throw new SQLException("no row for " + String.join(" ", arguments));
            }
            return ByteBuffer.wrap(rows.getBytes(1));
        }
    }

    private ByteBuffer bundle(String path, String[] arguments) throws SQLException {
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream(1 << 16);
        try (ResultSet rows = statement(path, arguments).executeQuery()) {
            out.write(START);
            for (boolean more = rows.next(); more; ) {
                out.write(ENTRY);
                out.write(rows.getBytes(1));
                out.write('}');
                more = rows.next();
                if (more) {
                    out.write(',');
                }
            }
            out.write(']');
            out.write('}');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ByteBuffer.wrap(out.toByteArray());
    }

    /** Every thread has a connection of its own, and its statements prepared. */
    private PreparedStatement statement(String path, String[] arguments) throws SQLException {
        Map<String, PreparedStatement> prepared = statements.get();
        PreparedStatement statement = prepared.get(path);
        if (statement == null) {
            Connection connection = prepared.isEmpty()
                    ? DriverManager.getConnection(jdbcUrl, "postgres", "postgres")
                    : prepared.values().iterator().next().getConnection();
            statement = connection.prepareStatement(STATEMENTS.get(path));
            prepared.put(path, statement);
        }
        for (int i = 0; i < arguments.length; i++) {
            statement.setString(i + 1, arguments[i]);
        }
        return statement;
    }
}
