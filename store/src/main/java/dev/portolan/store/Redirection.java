package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is written under the name of a merged member goes into the survivor's record: its references name the survivor, and what was given is kept, so that the merge can be undone. The merged Patient
 * stays inactive and says by whom it is replaced; the survivor says whom it replaces (R4, Patient.link).
 *
 * <p>While nobody is merged this costs nothing. References to a merged member from others' records stay as they are: they lead to the inactive Patient.
 */
final class Redirection {

    private static final JsonName REFERENCE = JsonName.of("reference");
    private static final String PATIENT = "Patient";
    private static final String PREFIX = "Patient/";
    /** Kept for a survivor's own Patient: under nobody else's name. */
    private static final String OWN = "";

    private final Connection connection;
    private final StoreContext context;
    private final MergedMembers members;
    private final MemberHomes homes;

    Redirection(Connection connection, StoreContext context, MergedMembers members, MemberHomes homes) {
        this.connection = connection;
        this.context = context;
        this.members = members;
        this.homes = homes;
    }

    /**
     * @param body what is to be stored
     * @param given what was given; null if it need not be kept
     * @param merged under whose name it came; null if it is not redirected
     */
    record Taken(JsonDocument body, @Nullable JsonDocument given, @Nullable String merged) {}

    Taken take(ResourceKey key, JsonDocument given) {
        if (members.none()) {
            return new Taken(given, null, null);
        }
        if (key.type().equals(PATIENT)) {
            return patient(key.id(), given);
        }
        if (named(given).isEmpty()) {
            return new Taken(given, null, null);
        }
        String patient = homes.patientId(key, given, context.index().build(given));
        String survivor = patient == null ? null : members.survivors().get(patient);
        return survivor == null ? new Taken(given, null, null) : new Taken(renamed(given, patient, survivor), given, patient);
    }

    private Taken patient(String id, JsonDocument given) {
        String survivor = members.survivors().get(id);
        List<String> replaced = members.mergedInto(id);
        if (survivor != null) {
            boolean linked = isLinked(given, survivor, "replaced-by");
            return new Taken(linked(inactive(given), List.of(survivor), "replaced-by"), linked ? null : given, id);
        }
        boolean linked = replaced.stream().anyMatch(other -> isLinked(given, other, "replaces"));
        return replaced.isEmpty() ? new Taken(given, null, null) : new Taken(linked(given, replaced, "replaces"), linked ? null : given, OWN);
    }

    /** The merged Patients whose references stand in the text. */
    private Set<String> named(JsonDocument body) {
        Set<String> named = new HashSet<>();
        String text = new String(body.bytes(), StandardCharsets.ISO_8859_1);
        if (text.contains("\\/") || text.contains("\\u00")) {
            // Some write each slash as an escape.
            text = body.root().descendants(REFERENCE).stream().filter(JsonValue::isString).map(JsonValue::text).collect(Collectors.joining("\n"));
        }
        for (int at = text.indexOf(PREFIX); at >= 0; at = text.indexOf(PREFIX, at + 1)) {
            int end = at + PREFIX.length();
            while (end < text.length() && (Character.isLetterOrDigit(text.charAt(end)) || text.charAt(end) == '-' || text.charAt(end) == '.')) {
                end++;
            }
            String id = text.substring(at + PREFIX.length(), end);
            if (members.survivors().containsKey(id)) {
                named.add(id);
            }
        }
        return named;
    }

    /** Every reference to one Patient, relative or under a base of this server, names the other one; a version of the one is none of the other. */
    private JsonDocument renamed(JsonDocument body, String from, String to) {
        Set<String> names = new HashSet<>(Set.of(PREFIX + from));
        context.settings().ownBases().forEach(base -> names.add((base.endsWith("/") ? base : base + "/") + PREFIX + from));
        List<JsonEdit> edits = new ArrayList<>();
        for (JsonValue reference : body.root().descendants(REFERENCE)) {
            if (reference.isString() && names.contains(unversioned(reference.text()))) {
                edits.add(new JsonEdit(reference.start(), reference.end(), ("\"" + PREFIX + to + "\"").getBytes(StandardCharsets.UTF_8)));
            }
        }
        return edits.isEmpty() ? body : body.with(edits);
    }

    private static String unversioned(String reference) {
        int version = reference.indexOf("/_history/");
        return version < 0 ? reference : reference.substring(0, version);
    }

    private static JsonDocument inactive(JsonDocument patient) {
        JsonValue active = patient.root().field("active");
        byte[] no = "false".getBytes(StandardCharsets.UTF_8);
        if (active != null) {
            return active.toJson().equals("false") ? patient : patient.with(List.of(new JsonEdit(active.start(), active.end(), no)));
        }
        return patient.with(List.of(atEnd(patient, ",\"active\":false")));
    }

    private static JsonDocument linked(JsonDocument patient, List<String> others, String type) {
        JsonDocument result = patient;
        for (String other : others) {
            if (!isLinked(result, other, type)) {
                String link = "{\"other\":{\"reference\":\"" + PREFIX + other + "\"},\"type\":\"" + type + "\"}";
                JsonValue links = result.root().field("link");
                result = result.with(List.of(links == null || !links.isArray() ? atEnd(result, ",\"link\":[" + link + "]")
                    : new JsonEdit(links.end() - 1, links.end() - 1, ((links.firstChild() == null ? "" : ",") + link).getBytes(StandardCharsets.UTF_8))));
            }
        }
        return result;
    }

    private static JsonEdit atEnd(JsonDocument patient, String text) {
        int place = patient.root().end() - 1;
        return new JsonEdit(place, place, text.getBytes(StandardCharsets.UTF_8));
    }

    private static boolean isLinked(JsonDocument patient, String other, String type) {
        for (JsonValue link : patient.root().each("link")) {
            JsonValue reference = link.field("other");
            if (reference != null && (PREFIX + other).equals(reference.fieldText("reference")) && type.equals(link.fieldText("type"))) {
                return true;
            }
        }
        return false;
    }

    /**
     * Keeps what was given, for the time after the merge. What a client changes of a redirected resource names the survivor, because that is what the client has read; it is kept under the name that the
     * resource came with.
     *
     * @param member whose the resource was before this write
     */
    void keep(ResourceKey key, long self, long member, Taken taken) throws SQLException {
        if (taken.given() != null && taken.merged() != null) {
            keep(key, self, taken.merged(), taken.given());
        } else if (taken.merged() == null && members.survivorKeys().containsValue(member)) {
            String merged = keptUnder(self);
            if (merged != null && !merged.equals(OWN)) {
                keep(key, self, merged, renamed(taken.body(), String.valueOf(members.survivors().get(merged)), merged));
            }
        }
    }

    void keep(ResourceKey key, long self, String merged, JsonDocument given) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
            INSERT INTO store.merged_resource (self, merged, type, id, given) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (self) DO UPDATE SET merged = excluded.merged, given = excluded.given""")) {
            short type = context.names().type(key.type());
            insert.setLong(1, self);
            insert.setString(2, merged);
            insert.setShort(3, type);
            insert.setString(4, key.id());
            insert.setBytes(5, context.codec().encode(type, given.bytes()));
            insert.executeUpdate();
        }
    }

    private @Nullable String keptUnder(long self) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT merged FROM store.merged_resource WHERE self = ?")) {
            select.setLong(1, self);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }
}
