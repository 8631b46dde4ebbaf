package dev.portolan.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The compression dictionaries in the database. */
final class Dictionaries {

    private final DataSource dataSource;

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

    /** The newest of each type is used from now on. */
    void loadCurrent(Connection connection, ContentCodec codec) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT DISTINCT ON (type) type, number, bytes FROM store.dictionary ORDER BY type, number DESC");
            ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                codec.use(rows.getInt(1), rows.getInt(2), rows.getBytes(3));
            }
        }
    }
}
