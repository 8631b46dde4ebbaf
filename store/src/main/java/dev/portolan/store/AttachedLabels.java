package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.store.InheritedLabels.Heir;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A Binary is the document of the resource that names it by the URL of an attachment, kept apart: whoever must not know of that resource must not read its document either, so it takes the labels on, whichever
 * of the two comes later. Labels go against the reference here, which {@link InheritedLabels} follows the other way; both resources stand in one member's record.
 *
 * <p>Who labels what has an attachment and who writes a Binary meet at the member ({@link LabelPlaces}), so none of two at once passes the other.
 */
final class AttachedLabels {

    static final String BINARY = "Binary";
    private static final JsonName URL = JsonName.of("url");
    private static final String[] NO_PARTS = {};
    /** Types with attachments that stand in a member's record; of others no Binary of a member's is the document. */
    private static final List<String> ATTACHING = List.of("BodyStructure", "Claim", "ClaimResponse", "Communication", "CommunicationRequest", "Consent", "Contract", "DiagnosticReport", "DocumentReference",
        "ExplanationOfBenefit", "Media", "Patient", "Person", "QuestionnaireResponse", "RelatedPerson", "Task");
    private static final String LABELLED = "SELECT r.content FROM store.resource r WHERE r.member = ANY(?) AND r.type = ANY(?) AND ? = ANY(r.parameters) AND NOT r.deleted";
    private static final String DOCUMENTS = "SELECT r.self, r.id, r.member FROM store.resource r WHERE r.self = ANY(?) AND r.type = ? AND NOT r.deleted";

    private final Connection connection;
    private final StoreContext context;
    private final LabelPlaces places;
    /** Labelled resources of this transaction that have documents, with the documents' {@code self}, since the last call of {@link #heirs}. */
    private final Map<ResourceKey, Attaching> attaching = new LinkedHashMap<>();

    private record Attaching(Set<Long> documents, Set<String> labels) {}

    AttachedLabels(Connection connection, StoreContext context, LabelPlaces places) {
        this.connection = connection;
        this.context = context;
        this.places = places;
    }

    /** Hears of what is written, with the labels that it has. */
    void written(ResourceKey key, JsonDocument body, Set<String> labels) {
        Set<Long> documents = labels.isEmpty() || !ATTACHING.contains(key.type()) ? Set.of() : documents(body);
        if (documents.isEmpty()) {
            attaching.remove(key);
        } else {
            attaching.put(key, new Attaching(documents, labels));
        }
    }

    /** Labels of what has the Binary for a document in a member's record as it is stored: what is written again unchanged is to be seen as that. */
    Set<String> of(ResourceKey key, long self, long member) throws SQLException {
        return !key.type().equals(BINARY) || member == MemberKeys.NOBODY ? Set.of() : stored(List.of(member)).getOrDefault(self, Set.of());
    }

    /** @param pending with their members, all that is yet to be sent */
    void want(Collection<PendingRow> pending) {
        for (PendingRow row : pending) {
            if (isDocument(row)) {
                places.writesDocument(row);
            } else if (attaching.containsKey(row.key)) {
                places.labels(row);
            }
        }
    }

    /**
     * The documents that have to take labels on; those that have them already may be among them. The places are held.
     *
     * @param pending with their members, all that is yet to be sent
     */
    List<Heir> heirs(Collection<PendingRow> pending) throws SQLException {
        Map<Long, PendingRow> documents = new LinkedHashMap<>();
        pending.stream().filter(AttachedLabels::isDocument).forEach(row -> documents.put(row.self, row));
        Map<ResourceKey, Set<String>> heirs = new TreeMap<>(java.util.Comparator.comparing(ResourceKey::toString));
        Set<Long> members = new TreeSet<>();
        documents.values().forEach(row -> members.add(row.member));
        if (!members.isEmpty()) {
            stored(members).forEach((self, labels) -> {
                if (documents.containsKey(self)) {
                    heirs.computeIfAbsent(documents.get(self).key, key -> new TreeSet<>()).addAll(labels);
                }
            });
        }
        for (PendingRow row : attaching.isEmpty() ? List.<PendingRow>of() : pending) {
            Attaching it = attaching.remove(row.key);
            if (it != null) {
                documentsOf(row, it, documents).forEach(key -> heirs.computeIfAbsent(key, k -> new TreeSet<>()).addAll(it.labels()));
            }
        }
        return heirs.entrySet().stream().map(heir -> new Heir(heir.getKey(), heir.getValue())).toList();
    }

    private static boolean isDocument(PendingRow row) {
        return row.key.type().equals(BINARY) && !row.deleted() && row.member != MemberKeys.NOBODY;
    }

    /** Of the same record, among what is yet to be sent and in the database. */
    private List<ResourceKey> documentsOf(PendingRow row, Attaching it, Map<Long, PendingRow> pending) throws SQLException {
        List<ResourceKey> keys = new ArrayList<>();
        Set<Long> elsewhere = new TreeSet<>(it.documents());
        for (long self : it.documents()) {
            PendingRow document = pending.get(self);
            if (document != null && elsewhere.remove(self) && isOf(row, document.member)) {
                keys.add(document.key);
            }
        }
        if (elsewhere.isEmpty()) {
            return keys;
        }
        try (PreparedStatement select = connection.prepareStatement(DOCUMENTS)) {
            select.setObject(1, InheritedLabels.longs(elsewhere));
            select.setShort(2, context.names().type(BINARY));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    if (isOf(row, rows.getLong(3))) {
                        keys.add(new ResourceKey(BINARY, rows.getString(2)));
                    }
                }
            }
        }
        return keys;
    }

    private static boolean isOf(PendingRow row, long member) {
        return member == row.member || member == row.previousMember;
    }

    /** By the {@code self} of a document, the labels of what has it in these members' records. */
    private Map<Long, Set<String>> stored(Collection<Long> members) throws SQLException {
        Map<Long, Set<String>> labels = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement(LABELLED)) {
            select.setObject(1, InheritedLabels.longs(members));
            select.setArray(2, connection.createArrayOf("int2", attachingTypes(context)));
            select.setShort(3, context.names().parameter(ValueRows.LABELS));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    JsonDocument body = JsonDocument.parse(context.codec().decode(rows.getBytes(1)));
                    Set<String> own = SecurityLabels.inheritable(body);
                    documents(body).forEach(self -> labels.computeIfAbsent(self, key -> new TreeSet<>()).addAll(own));
                }
            }
        }
        return labels;
    }

    static Short[] attachingTypes(StoreContext context) {
        return ATTACHING.stream().filter(context.names()::isType).map(context.names()::type).toArray(Short[]::new);
    }

    private Set<Long> documents(JsonDocument body) {
        if (!context.names().isType(BINARY)) {
            return Collections.emptySet();
        }
        Set<Long> selves = new TreeSet<>();
        for (JsonValue url : body.root().descendants(URL)) {
            String[] parts = url.isString() ? context.settings().local(url.text()).split("/", -1) : NO_PARTS;
            if (parts.length >= 2 && parts[0].equals(BINARY)) {
                selves.add(context.hash().self(context.names().type(BINARY), parts[1]));
            }
        }
        return selves;
    }
}
