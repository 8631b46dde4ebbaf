package dev.portolan.store;

/** What views and transactions work with. */
record StoreParts(RecordReads reads, RecordHistory history, Searches searches, RidBlocks rids, Compression compression) {}
