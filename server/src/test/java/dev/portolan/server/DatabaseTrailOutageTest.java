package dev.portolan.server;

/** Each group of entries is a transaction of the database. */
class DatabaseTrailOutageTest extends AuditOutage {

    DatabaseTrailOutageTest() {
        super(false);
    }
}
