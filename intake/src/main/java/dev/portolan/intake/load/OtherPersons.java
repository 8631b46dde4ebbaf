package dev.portolan.intake.load;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.intake.mapping.Problem;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Refuses a Patient whose id is that of another person. Ids are the plan's, whichever feed brings them; two sources that number their patients by themselves give one number to two people, who would be put into one record. Whoever
 * takes such a record again from quarantine has looked at it.
 *
 * @param feed that brings the records
 */
record OtherPersons(String feed, RecordView view) {

    private static final String PATIENT = "Patient";

    List<FileLoad.Mapped> refused(LoadLedger ledger, List<FileLoad.Mapped> records) {
        Map<String, String> born = new HashMap<>();
        for (FileLoad.Mapped record : records) {
            for (FileLoad.Body body : record.bodies()) {
                String day = body.onlyIfAbsent() || !body.key().type().equals(PATIENT) ? null : body.json().root().fieldText("birthDate");
                if (day != null) {
                    born.put(body.key().id(), day);
                }
            }
        }
        Set<String> others = born.isEmpty() ? new HashSet<>() : ofOtherFeeds(ledger, born.keySet());
        others.removeIf(id -> !isBornOnAnotherDay(id, born.get(id)));
        return others.isEmpty() ? records : records.stream().map(record -> told(record, others)).toList();
    }

    private Set<String> ofOtherFeeds(LoadLedger ledger, Set<String> ids) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT DISTINCT id FROM intake.origin WHERE id = ANY(?) AND type = '" + PATIENT + "' AND feed <> ? AND NOT closed")) {
                select.setArray(1, connection.createArrayOf("text", ids.toArray()));
                select.setString(2, feed);
                Set<String> found = new HashSet<>();
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        found.add(rows.getString(1));
                    }
                }
                return found;
            }
        });
    }

    /** A year or a month is no other day than one of it. */
    private boolean isBornOnAnotherDay(String id, String day) {
        if (!(view.read(new ResourceKey(PATIENT, id)) instanceof ReadResult.Found found)) {
            return false;
        }
        String stored = JsonDocument.parse(found.resource().content().json()).root().fieldText("birthDate");
        return stored != null && !stored.startsWith(day) && !day.startsWith(stored);
    }

    private static FileLoad.Mapped told(FileLoad.Mapped record, Set<String> others) {
        if (record.bodies().stream().noneMatch(body -> !body.onlyIfAbsent() && body.key().type().equals(PATIENT) && others.contains(body.key().id()))) {
            return record;
        }
        List<Problem> problems = new ArrayList<>(record.problems());
        problems.add(new Problem(true, "other-person", "birthDate", record.item().line(),
            "another feed delivers a Patient of this id who was born on another day; two people would share a record. If it is one person, correct the date, or take this record again as it is"));
        return new FileLoad.Mapped(record.item(), record.bodies(), problems);
    }
}
