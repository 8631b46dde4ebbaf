package dev.portolan.server;

/** Entries are durable in a journal, which bridges moments: once the database is seen to take nothing, nothing more is answered. */
class JournalTrailOutageTest extends AuditOutage {

    JournalTrailOutageTest() {
        super(true);
    }
}
