package dev.portolan.audit;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;

/** Where the entries of one chain become durable. Used by one thread. */
interface ChainSink extends AutoCloseable {

    /** How sinks for new chains are made. */
    interface Source {

        ChainSink next();
    }

    /**
     * Enters a chain among those that were opened before.
     *
     * @return the hash that its first entry continues
     */
    byte[] open(UUID chain, Instant now) throws SQLException, IOException;

    /** @throws AuditUnavailableException if nothing can be taken now; nothing was tried, and the chain can go on later */
    default void ready() {}

    /** The entries are durable when this returns. If it throws nobody knows, and the chain must not be continued. */
    void write(EntryGroup group) throws SQLException, IOException;

    @Override
    void close();
}
