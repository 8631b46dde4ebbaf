package dev.portolan.store;

import org.jspecify.annotations.Nullable;

/** A row that a transaction has yet to send. */
final class PendingRow {

    final ResourceKey key;
    final short type;
    final long self;
    final long rid;
    /** The version that this one follows; 0 for a new row. */
    final long previousVersion;
    final long version;
    final long updated;
    IndexRow index;
    /** Compressed; null for a deletion. */
    byte @Nullable [] content;
    /** The content as JSON if labels were added to it after it was written. */
    byte @Nullable [] labelled;
    /** Logical id of the Patient whose record it belongs to, or null if only {@link IndexRow#through} can tell. */
    final @Nullable String patientId;
    /** Whose the version before was; for a new row nobody's. */
    final long previousMember;
    /** Known when the row is sent; a deletion keeps the member. */
    long member;

    PendingRow(ResourceKey key, short type, long self, long rid, long previousVersion, long updated, IndexRow index, byte @Nullable [] content, @Nullable String patientId, long member) {
        this.key = key;
        this.type = type;
        this.self = self;
        this.rid = rid;
        this.previousVersion = previousVersion;
        this.version = previousVersion + 1;
        this.updated = updated;
        this.index = index;
        this.content = content;
        this.patientId = patientId;
        this.previousMember = member;
        this.member = member;
    }

    boolean deleted() {
        return content == null;
    }

    boolean isNew() {
        return previousVersion == 0;
    }
}
