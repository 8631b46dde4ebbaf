package dev.portolan.store;

import java.sql.SQLException;

/** Content whose size is known before it is decompressed. */
interface StoredContent extends StoredResource.Content {

    @Override
    int size();

    /** Has the stored bytes in memory when this returns. While a connection lasts, content that is not can be asked for all the same, each time anew. */
    default void keep() throws SQLException {}
}
