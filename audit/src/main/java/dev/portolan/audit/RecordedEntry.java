package dev.portolan.audit;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An entry as it stands in the trail. */
public record RecordedEntry(Place place, AuditEntry entry) {

    /**
     * Where an entry stands: its name, and its place in the order by time.
     *
     * @param recorded UTC, milliseconds
     */
    public record Place(Instant recorded, UUID chain, long seq) {

        /** Usable as a FHIR id: the chain and the number in it. */
        public String id() {
            return chain + "." + seq;
        }

        /** For the link to the next page. */
        public String cursor() {
            return recorded.toEpochMilli() + "." + id();
        }

        /** Reads a {@link #cursor}; empty if it is none. */
        public static Optional<Place> ofCursor(String cursor) {
            int dot = cursor.indexOf('.');
            if (dot < 1 || dot > 15 || !cursor.substring(0, dot).chars().allMatch(Character::isDigit)) {
                return Optional.empty();
            }
            Instant recorded = Instant.ofEpochMilli(Long.parseLong(cursor.substring(0, dot)));
            return Name.of(cursor.substring(dot + 1)).map(name -> new Place(recorded, name.chain(), name.seq()));
        }
    }

    /** What an {@link Place#id id} names. */
    public record Name(UUID chain, long seq) {

        private static final Pattern ID = Pattern.compile("([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\\.([1-9][0-9]{0,17})");

        /** Empty if it is no id of an entry. */
        public static Optional<Name> of(String id) {
            Matcher matcher = ID.matcher(id);
            return matcher.matches() ? Optional.of(new Name(UUID.fromString(matcher.group(1)), Long.parseLong(matcher.group(2)))) : Optional.empty();
        }
    }
}
