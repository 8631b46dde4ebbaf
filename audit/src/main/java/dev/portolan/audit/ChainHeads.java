package dev.portolan.audit;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;

/** Where every chain stands now, by its last entry: a few index probes a chain, for the hourly anchor. */
public final class ChainHeads {

    private static final String HEADS = """
        SELECT c.chain, e.seq, e.hash FROM audit.chain c
        CROSS JOIN LATERAL (SELECT seq, hash FROM audit.entry WHERE chain = c.chain ORDER BY seq DESC LIMIT 1) AS e ORDER BY c.number
        """;

    private final DataSource database;

    public ChainHeads(DataSource database) {
        this.database = database;
    }

    /** Chains without entries are left out. */
    public List<ChainVerifier.Anchor> now(Instant now) throws SQLException {
        List<ChainVerifier.Anchor> heads = new ArrayList<>();
        try (Connection connection = database.getConnection(); PreparedStatement select = connection.prepareStatement(HEADS); ResultSet row = select.executeQuery()) {
            while (row.next()) {
                heads.add(new ChainVerifier.Anchor(row.getObject(1, UUID.class), row.getLong(2), row.getBytes(3), now));
            }
        }
        return heads;
    }
}
