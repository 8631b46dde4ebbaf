package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives Binaries that an earlier version stored the labels of what they are the documents of ({@link AttachedLabels}), once for a database. It is tried again until it is done: documents that should be withheld are given
 * until then. One that is broken off goes on with the members that it was at, or begins again at the next start: what has its labels is written again as it is, which writes nothing.
 */
final class EarlierDocuments {

    private static final Logger LOG = LoggerFactory.getLogger(EarlierDocuments.class);
    private static final String DONE = "earlier-documents-labelled";
    private static final int MEMBERS_AT_ONCE = 1_000;
    private static final String MEMBERS = "SELECT key FROM store.member WHERE key > ? ORDER BY key LIMIT ?";
    private static final String DOCUMENTS = """
        SELECT b.id FROM store.resource b WHERE b.member = ANY(?) AND b.type = ? AND NOT b.deleted
        AND EXISTS (SELECT FROM store.resource r WHERE r.member = b.member AND r.type = ANY(?) AND ? = ANY(r.parameters) AND NOT r.deleted)""";

    private final StoreContext context;
    private final RecordView view;
    private long after = MemberKeys.NOBODY;
    private int labelled;
    /** Of the background's thread, which asks again and again. */
    private boolean settled;

    EarlierDocuments(StoreContext context, StoreParts parts) {
        this.context = context;
        Map<String, Grant.Rule> rules = Map.of(AttachedLabels.BINARY, new Grant.Rule(EnumSet.of(Interaction.READ, Interaction.UPDATE), List.of()));
        this.view = new GrantedRecordView(new Grant("labels-of-documents", "portolan-store", null, Purpose.ADMINISTRATION, new Grant.Members.Everyone(), rules, Set.of(), Set.of()), context, parts);
    }

    void run() throws SQLException {
        if (settled) {
            return;
        }
        settled = !context.names().isType(AttachedLabels.BINARY) || isDone();
        if (settled) {
            return;
        }
        for (List<Long> members = members(after); !members.isEmpty(); members = members(after)) {
            for (String id : documents(members)) {
                labelled += label(new ResourceKey(AttachedLabels.BINARY, id)) ? 1 : 0;
            }
            after = members.get(members.size() - 1);
        }
        done();
        settled = true;
        if (after != MemberKeys.NOBODY) {
            LOG.info("{} documents took the labels on of what they are the documents of", labelled);
        }
    }

    private boolean label(ResourceKey key) {
        return view.writeRepeatable(transaction -> transaction.lock(Set.of(key)).get(key) instanceof ReadResult.Found found
            && transaction.put(key, JsonDocument.parse(found.resource().content().json())).outcome() == WriteTransaction.Written.Outcome.UPDATED);
    }

    private boolean isDone() throws SQLException {
        try (Connection connection = context.dataSource().getConnection(); PreparedStatement select = connection.prepareStatement("SELECT FROM store.setting WHERE name = ?")) {
            select.setString(1, DONE);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    private void done() throws SQLException {
        try (Connection connection = context.dataSource().getConnection();
            PreparedStatement insert = connection.prepareStatement("INSERT INTO store.setting (name, value) VALUES (?, '') ON CONFLICT DO NOTHING")) {
            insert.setString(1, DONE);
            insert.executeUpdate();
        }
    }

    private List<Long> members(long after) throws SQLException {
        try (Connection connection = context.dataSource().getConnection(); PreparedStatement select = connection.prepareStatement(MEMBERS)) {
            select.setLong(1, after);
            select.setInt(2, MEMBERS_AT_ONCE);
            List<Long> members = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    members.add(rows.getLong(1));
                }
            }
            return members;
        }
    }

    private List<String> documents(List<Long> members) throws SQLException {
        try (Connection connection = context.dataSource().getConnection(); PreparedStatement select = connection.prepareStatement(DOCUMENTS)) {
            select.setObject(1, members.stream().mapToLong(Long::longValue).toArray());
            select.setShort(2, context.names().type(AttachedLabels.BINARY));
            select.setArray(3, connection.createArrayOf("int2", AttachedLabels.attachingTypes(context)));
            select.setShort(4, context.names().parameter(ValueRows.LABELS));
            List<String> ids = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getString(1));
                }
            }
            return ids;
        }
    }
}
