package dev.portolan.members.merge;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.MovedSignIns;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.table.ListPart;
import dev.portolan.members.MemberRecords;
import dev.portolan.members.PersonName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What staff do with pairs, by page or by API: each look at members' data is told before it is given. */
public final class MergeDesk {

    private static final int LONGEST = 200;

    private final Duplicates duplicates;
    private final DuplicateSearch search;
    private final Merges merges;
    private final MemberRecords records;
    private final MovedSignIns signIns;
    private final SecurityEvents events;

    public MergeDesk(Duplicates duplicates, DuplicateSearch search, Merges merges, MemberRecords records, MovedSignIns signIns, SecurityEvents events) {
        this.duplicates = duplicates;
        this.search = search;
        this.merges = merges;
        this.records = records;
        this.signIns = signIns;
        this.events = events;
    }

    /**
     * What a Patient says, side by side with another; one that is gone says nothing.
     *
     * @param signIns who can sign in for it: a merge may let them act for the other
     */
    record Side(String patient, String name, String born, String gender, String address, String contact, String identifiers, List<MovedSignIns.SignIn> signIns) {}

    record Judged(Duplicates.Pair pair, Side first, Side second) {

        /** Who signs in for either: handed back with the verdict, so that nobody is moved who was not shown. */
        public String seen() {
            return MergeDesk.seen(first.signIns(), second.signIns());
        }
    }

    /** What becomes of those who sign in for the member who is merged into another. */
    enum SignIns {
        /** They act for the survivor while the merge stands, and their apps with their next token. */
        MOVE,
        /** They reach the merged Patient alone, which says where the record went. */
        LEAVE
    }

    /** Somebody signs in for one of the two who was not there when the pair was looked at. */
    static final class SignInsChangedException extends RuntimeException {

        SignInsChangedException() {
            super("Who signs in for these members changed since they were shown: look at the pair again.");
        }
    }

    List<Judged> pairs(Account staff, Duplicates.State state) {
        return judged(staff, state, duplicates.list(state));
    }

    /** Those that wait for somebody, in parts: only whom a page shows is looked up, and told of. */
    ListPart<Judged> open(Account staff, int part, int most) {
        return ListPart.of(duplicates.open(), part, most, (skip, rows) -> judged(staff, Duplicates.State.OPEN, duplicates.list(Duplicates.State.OPEN, skip, rows)));
    }

    private List<Judged> judged(Account staff, Duplicates.State state, List<Duplicates.Pair> pairs) {
        TreeSet<String> members = new TreeSet<>();
        pairs.forEach(pair -> members.addAll(List.of(pair.first(), pair.second())));
        events.record(SecurityEvent.Type.DUPLICATES_READ, true, null, staff.id(), null, null, Map.of("state", state.name(), "members", String.join(" ", members)));
        Map<String, Side> sides = new LinkedHashMap<>();
        members.forEach(member -> sides.put(member, side(member)));
        return pairs.stream().map(pair -> new Judged(pair, sides.get(pair.first()), sides.get(pair.second()))).toList();
    }

    List<Merges.Merge> merges(Account staff) {
        return told(staff, merges.list());
    }

    ListPart<Merges.Merge> merges(Account staff, int part, int most) {
        return ListPart.of(merges.count(), part, most, (skip, rows) -> told(staff, merges.list(skip, rows)));
    }

    private List<Merges.Merge> told(Account staff, List<Merges.Merge> found) {
        TreeSet<String> members = new TreeSet<>();
        found.forEach(merge -> members.addAll(List.of(merge.survivor(), merge.merged())));
        events.record(SecurityEvent.Type.DUPLICATES_READ, true, null, staff.id(), null, null, Map.of("state", "merges", "members", String.join(" ", members)));
        return found;
    }

    DuplicateSearch.Found search() {
        return search.run();
    }

    /** @return whether it came to its end by then; else it goes on */
    boolean search(Duration patience) {
        return search.run(patience).isPresent();
    }

    DuplicateSearch.State searching() {
        return search.state();
    }

    boolean dismiss(Account staff, String one, String other, String reason) {
        requireReason(reason);
        Optional<Duplicates.Pair> pair = duplicates.find(one, other).filter(it -> it.state() == Duplicates.State.OPEN);
        pair.ifPresent(it -> events.record(SecurityEvent.Type.DUPLICATE_DISMISSED, true, null, staff.id(), it.first(), null, Map.of("first", it.first(), "second", it.second())));
        return pair.isPresent() && duplicates.dismiss(one, other, staff.id(), reason.strip());
    }

    /**
     * @param signIns what the member of staff says of them: there is no answer of itself
     * @param seen what {@link Judged#seen} said to whoever judged, or null if it was not asked
     */
    Merges.Merge merge(Account staff, String survivor, String merged, @Nullable SignIns signIns, @Nullable String seen, String reason) {
        requireReason(reason);
        if (signIns == null) {
            throw new IllegalArgumentException("sign_ins must say what becomes of those who sign in for the record that goes: they act for the one that stays (move), or reach an empty record from now on (leave).");
        }
        if (seen != null && !seen.equals(seen(this.signIns.of(survivor), this.signIns.of(merged)))) {
            throw new SignInsChangedException();
        }
        return merges.merge(survivor, merged, signIns == SignIns.MOVE, staff.id(), reason.strip());
    }

    private static String seen(List<MovedSignIns.SignIn> one, List<MovedSignIns.SignIn> other) {
        TreeSet<String> accounts = new TreeSet<>();
        one.forEach(signIn -> accounts.add(signIn.account()));
        other.forEach(signIn -> accounts.add(signIn.account()));
        return String.join(" ", accounts);
    }

    Merges.Merge undo(Account staff, String merged, String reason) {
        requireReason(reason);
        return merges.undo(merged, staff.id(), reason.strip());
    }

    private static void requireReason(String reason) {
        if (reason.isBlank() || reason.length() > LONGEST) {
            throw new IllegalArgumentException("reason must say why, in at most " + LONGEST + " characters.");
        }
    }

    private Side side(String patient) {
        List<MovedSignIns.SignIn> people = signIns.of(patient);
        return records.patient(patient).map(it -> new Side(patient, names(it), text(it.fieldText("birthDate")), text(it.fieldText("gender")), addresses(it), values(it, "telecom"), values(it, "identifier"), people))
            .orElse(new Side(patient, "", "", "", "", "", "", people));
    }

    private static String names(JsonValue patient) {
        List<String> names = new ArrayList<>();
        patient.each("name").forEach(name -> names.add(PersonName.spelled(name)));
        return String.join("; ", names);
    }

    private static String addresses(JsonValue patient) {
        List<String> addresses = new ArrayList<>();
        for (JsonValue address : patient.each("address")) {
            List<String> parts = new ArrayList<>();
            address.each("line").forEach(line -> parts.add(line.text()));
            for (String part : List.of("city", "state", "postalCode")) {
                parts.add(text(address.fieldText(part)));
            }
            parts.removeIf(String::isBlank);
            addresses.add(String.join(", ", parts));
        }
        return String.join("; ", addresses);
    }

    private static String values(JsonValue patient, String field) {
        TreeSet<String> values = new TreeSet<>();
        patient.each(field).forEach(each -> values.add(text(each.fieldText("value"))));
        values.remove("");
        return String.join(", ", values);
    }

    private static String text(@Nullable String text) {
        return text == null ? "" : text;
    }
}
