package dev.portolan.intake.load;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Closes what a full feed had before and has no more. Nothing is deleted (US Core, General Guidance: a resource becomes entered-in-error): who and what simply ended becomes inactive or cancelled; what a feed withdraws, as a claim,
 * becomes entered-in-error.
 */
final class Closing {

    private static final int PAGE = 500;
    /** More than this part of what was there is rather a broken extract than a change. */
    private static final double MOST_CLOSED = 0.2;

    private static final String ERROR = "\"entered-in-error\"";
    private static final Map<String, Rule> RULES = Map.ofEntries(
        Map.entry("Patient", new Rule("active", "false")), Map.entry("Practitioner", new Rule("active", "false")), Map.entry("PractitionerRole", new Rule("active", "false")),
        Map.entry("Organization", new Rule("active", "false")), Map.entry("RelatedPerson", new Rule("active", "false")), Map.entry("Coverage", new Rule("status", "\"cancelled\"")),
        Map.entry("Location", new Rule("status", "\"inactive\"")), Map.entry("ExplanationOfBenefit", new Rule("status", ERROR)), Map.entry("Claim", new Rule("status", ERROR)),
        Map.entry("ClaimResponse", new Rule("status", ERROR)), Map.entry("Encounter", new Rule("status", ERROR)), Map.entry("Procedure", new Rule("status", ERROR)),
        Map.entry("MedicationRequest", new Rule("status", ERROR)), Map.entry("MedicationDispense", new Rule("status", ERROR)), Map.entry("Immunization", new Rule("status", ERROR)),
        Map.entry("Observation", new Rule("status", ERROR)), Map.entry("DiagnosticReport", new Rule("status", ERROR)), Map.entry("Device", new Rule("status", ERROR)),
        Map.entry("Condition", new Rule("verificationStatus",
            "{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/condition-ver-status\",\"code\":\"entered-in-error\"}]}")));

    private record Rule(String field, String value) {}

    private final LoadLedger ledger;
    private final LoadLedger.Open run;

    Closing(LoadLedger ledger, LoadLedger.Open run) {
        this.ledger = ledger;
        this.run = run;
    }

    /**
     * Closes all of a part that the run's files do not have. If records of the part were rejected, nothing is closed unless that is asked for: what was refused cannot be told from what is gone, and a member must not lose coverage for a
     * mistyped date.
     *
     * @param file the part's last file in this run, which the count is noted with
     * @throws LoadException if that is more than a fifth and was not asked for
     */
    void close(String part, LoadLedger.OpenFile file, RecordView view) {
        long[] counts = counts(part);
        long rejected = rejected(part);
        if (rejected > 0 && counts[0] > 0 && !run.options().closeMany()) {
            ledger.fileState(file.id(), "loaded", "nothing was closed, although " + counts[0] + " resources are missing: " + rejected
                + " records were rejected, and what was refused cannot be told from what is gone; correct them in the source, or load it again with --close-many");
            return;
        }
        if (counts[0] > Math.max(1, MOST_CLOSED * counts[1]) && !run.options().closeMany()) {
            throw new LoadException("the full feed lacks " + counts[0] + " of the " + counts[1] + " resources of '" + part + "' that were there; if that is meant, load it again with --close-many");
        }
        for (List<ResourceKey> page = missing(part); !page.isEmpty(); page = missing(part)) {
            List<ResourceKey> closing = page;
            view.write(transaction -> {
                Map<ResourceKey, ReadResult> present = transaction.lock(closing);
                for (ResourceKey key : closing) {
                    Rule rule = RULES.get(key.type());
                    if (rule != null && present.get(key) instanceof ReadResult.Found found) {
                        transaction.put(key, with(JsonDocument.parse(found.resource().content().json()), rule));
                    }
                }
                return null;
            });
            noteClosed(part, closing, file);
        }
    }

    private static JsonDocument with(JsonDocument body, Rule rule) {
        JsonValue field = body.root().field(rule.field());
        byte[] value = rule.value().getBytes(StandardCharsets.UTF_8);
        if (field != null) {
            return body.with(List.of(new JsonEdit(field.start(), field.end(), value)));
        }
        int at = body.root().end() - 1;
        return body.with(List.of(new JsonEdit(at, at, (",\"" + rule.field() + "\":" + rule.value()).getBytes(StandardCharsets.UTF_8))));
    }

    private static final String MISSING = "o.feed = ? AND o.part = ? AND NOT o.closed AND o.file NOT IN (SELECT id FROM intake.file WHERE run = ?)";

    private long[] counts(String part) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT count(*) FILTER (WHERE " + MISSING + "), count(*) FROM intake.origin o WHERE o.feed = ? AND o.part = ? AND NOT o.closed")) {
                bind(select, part);
                select.setString(4, run.feed());
                select.setString(5, part);
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    return new long[] {row.getLong(1), row.getLong(2)};
                }
            }
        });
    }

    private long rejected(String part) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT count(*) FROM intake.quarantine q JOIN intake.file f ON f.id = q.file WHERE f.run = ? AND f.part = ?")) {
                select.setLong(1, run.id());
                select.setString(2, part);
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    return row.getLong(1);
                }
            }
        });
    }

    private List<ResourceKey> missing(String part) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT o.type, o.id FROM intake.origin o WHERE " + MISSING + " ORDER BY o.id, o.type LIMIT " + PAGE)) {
                bind(select, part);
                List<ResourceKey> keys = new ArrayList<>();
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        keys.add(new ResourceKey(rows.getString(1), rows.getString(2)));
                    }
                }
                return keys;
            }
        });
    }

    private void bind(PreparedStatement select, String part) throws java.sql.SQLException {
        select.setString(1, run.feed());
        select.setString(2, part);
        select.setLong(3, run.id());
    }

    private void noteClosed(String part, List<ResourceKey> keys, LoadLedger.OpenFile file) {
        ledger.inTransaction(connection -> {
            int closed;
            try (PreparedStatement update = connection.prepareStatement("""
                UPDATE intake.origin o SET closed = true FROM unnest(?::text[], ?::text[]) AS gone (type, id)
                WHERE o.type = gone.type AND o.id = gone.id AND o.feed = ? AND o.part = ? AND NOT o.closed""")) {
                update.setArray(1, connection.createArrayOf("text", keys.stream().map(ResourceKey::type).toArray()));
                update.setArray(2, connection.createArrayOf("text", keys.stream().map(ResourceKey::id).toArray()));
                update.setString(3, run.feed());
                update.setString(4, part);
                closed = update.executeUpdate();
            }
            try (PreparedStatement update = connection.prepareStatement("UPDATE intake.file SET closed = closed + ? WHERE id = ?")) {
                update.setInt(1, closed);
                update.setLong(2, file.id());
                return update.executeUpdate();
            }
        });
    }
}
