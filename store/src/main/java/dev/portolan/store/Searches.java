package dev.portolan.store;

import java.sql.Connection;
import java.sql.SQLException;

/** The search side. Each call runs on the connection given: inside a writing transaction it sees what was written there. */
interface Searches {

    SearchPage search(Connection connection, Grant grant, SearchRequest request) throws SQLException;

    SearchPage everything(Connection connection, Grant grant, EverythingRequest request) throws SQLException;
}
