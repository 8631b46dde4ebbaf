package dev.portolan.store;

import dev.portolan.tables.OneTransaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The compression dictionaries in the database: durable before a row uses one, and kept for ever. */
final class Dictionaries {

    private static final int MOST = Short.MAX_VALUE;

    private final DataSource dataSource;
    private final ConcurrentHashMap<Integer, Dictionary> currentByType = new ConcurrentHashMap<>();

    record Dictionary(int number, byte[] bytes) {}

    Dictionaries(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** One that this node has not seen: another node made it. */
    byte @Nullable [] find(int number) {
        try (Connection connection = dataSource.getConnection();
            PreparedStatement select = connection.prepareStatement("SELECT bytes FROM store.dictionary WHERE number = ?")) {
            select.setShort(1, (short) number);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? row.getBytes(1) : null;
            }
        } catch (SQLException e) {
            throw new StoreFailureException("A compression dictionary could not be read.", e);
        }
    }

    /** The newest that this node knows for a type. */
    @Nullable Dictionary current(int type) {
        return currentByType.get(type);
    }

    /**
     * The newest of each type is used from now on, whichever node made it.
     *
     * @return the types that have a new one
     */
    Set<Integer> loadCurrent(ContentCodec codec) throws SQLException {
        Set<Integer> types = new HashSet<>();
        int newest = currentByType.values().stream().mapToInt(Dictionary::number).max().orElse(0);
        try (Connection connection = dataSource.getConnection();
            PreparedStatement select = connection.prepareStatement("SELECT type, number, bytes FROM store.dictionary WHERE number > ? ORDER BY number")) {
            select.setShort(1, (short) newest);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    use(codec, rows.getInt(1), new Dictionary(rows.getInt(2), rows.getBytes(3)));
                    types.add(rows.getInt(1));
                }
            }
        }
        return types;
    }

    /** Makes a dictionary durable, then uses it. */
    void publish(int type, byte[] bytes, ContentCodec codec) throws SQLException {
        int number;
        try (Connection connection = dataSource.getConnection()) {
            number = OneTransaction.on(connection, () -> insert(connection, type, bytes));
        }
        use(codec, type, new Dictionary(number, bytes));
    }

    private static int insert(Connection connection, int type, byte[] bytes) throws SQLException {
        try (Statement lock = connection.createStatement()) {
            lock.execute("LOCK TABLE store.dictionary IN SHARE ROW EXCLUSIVE MODE");
        }
        int number;
        try (Statement select = connection.createStatement();
            ResultSet row = select.executeQuery("SELECT coalesce(max(number), 0) + 1 FROM store.dictionary")) {
            row.next();
            number = row.getInt(1);
        }
        if (number > MOST) {
            throw new IllegalStateException("there are " + MOST + " compression dictionaries already");
        }
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO store.dictionary (number, type, bytes) VALUES (?, ?, ?)")) {
            insert.setShort(1, (short) number);
            insert.setShort(2, (short) type);
            insert.setBytes(3, bytes);
            insert.executeUpdate();
        }
        return number;
    }

    private void use(ContentCodec codec, int type, Dictionary dictionary) {
        currentByType.put(type, dictionary);
        codec.use(type, dictionary.number(), dictionary.bytes());
    }
}
