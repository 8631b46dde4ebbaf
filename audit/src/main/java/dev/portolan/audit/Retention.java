package dev.portolan.audit;

import dev.portolan.tables.OneTransaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * How long entries are kept, and what keeps them longer (AUD-06). Whole months go, oldest first, and a hold keeps its month and all that follow. What goes is written into the trail before it goes; the
 * database's function sees to it that nothing younger can.
 */
public final class Retention {

    private final DataSource database;
    private final AuditTrail trail;
    private final Policy policy;
    private final Names names;
    private final Clock clock;

    /**
     * Years. A month holds the entries of all lines of business, so the longest of these counts for all.
     *
     * @param years 10 for Medicare Advantage (42 CFR 422.504(d)), Medicaid managed care (438.3(u)) and plans on the exchanges; HIPAA's least is 6 (45 CFR 164.316(b)(2))
     * @param byLineOfBusiness years for single lines of business, by name; may be empty
     */
    public record Policy(int years, Map<String, Integer> byLineOfBusiness) {

        public static final Policy DEFAULT = new Policy(10, Map.of());
        private static final int LEAST = 6;

        public Policy {
            byLineOfBusiness = Map.copyOf(byLineOfBusiness);
            byLineOfBusiness.forEach(Policy::check);
            check("", years);
        }

        private static void check(String line, int years) {
            if (years < LEAST) {
                throw new IllegalArgumentException("audit entries" + (line.isEmpty() ? "" : " of " + line) + " are kept for " + LEAST + " years at least (45 CFR 164.316(b)(2)), not for " + years);
            }
        }

        /** The years that nothing goes before. */
        public int longest() {
            return Math.max(years, byLineOfBusiness.values().stream().mapToInt(Integer::intValue).max().orElse(years));
        }
    }

    /**
     * A legal hold.
     *
     * @param member whose entries; null for all
     * @param since of entries from then on; null from the first
     * @param released null while it holds
     */
    public record Hold(long id, @Nullable String member, @Nullable Instant since, String reason, String placedBy, Instant placed, @Nullable Instant released) {}

    /** Under which ids a member's record was ever kept, itself among them: before it was merged into another, or while it was. */
    @FunctionalInterface
    public interface Names {

        Set<String> of(String member);
    }

    /** Where no records are ever merged. */
    public Retention(DataSource database, AuditTrail trail, Policy policy, Clock clock) {
        this(database, trail, policy, Set::of, clock);
    }

    /** @param names what else a held member's entries are found under; asked when a hold is placed, and again before anything goes */
    public Retention(DataSource database, AuditTrail trail, Policy policy, Names names, Clock clock) {
        this.database = database;
        this.trail = trail;
        this.policy = policy;
        this.names = names;
        this.clock = clock;
    }

    public Policy policy() {
        return policy;
    }

    /**
     * Drops what has outlived the policy.
     *
     * @return the months that went, as {@code entry_2014_03}; empty if there was nothing to do
     */
    public List<String> purge() {
        nameWhoIsHeld();
        LocalDate keepFrom = clock.instant().atZone(ZoneOffset.UTC).toLocalDate().minusYears(policy.longest());
        List<String> ripe = months("SELECT audit.months_before(?, ?)", keepFrom);
        if (ripe.isEmpty()) {
            return List.of();
        }
        trail.appendAndWait(event("purge", "server", "before=" + keepFrom + "; years=" + policy.longest() + "; months=" + String.join(",", ripe), List.of(), new AuditEntry.Origin(null, "none")));
        return months("SELECT audit.drop_months_before(?, ?)", keepFrom);
    }

    /**
     * Keeps entries whatever their age, until it is released.
     *
     * @param member whose, under whichever id the record was ever kept; null for all
     * @param since null from the first entry on
     * @param person who places it
     * @param origin of the request that asks for it
     */
    public long hold(@Nullable String member, @Nullable Instant since, String reason, String person, AuditEntry.Origin origin) {
        requireReason(reason);
        trail.appendAndWait(event("legal-hold", person, "reason=" + reason, member == null ? List.of() : List.of(member), origin));
        Set<String> known = member == null ? Set.of() : names.of(member);
        try (Connection connection = database.getConnection()) {
            return OneTransaction.on(connection, () -> {
                try (PreparedStatement insert = connection.prepareStatement("INSERT INTO audit.hold (member, since, reason, person) VALUES (?, ?, ?, ?) RETURNING id")) {
                    insert.setString(1, member);
                    insert.setObject(2, since == null ? null : since.atOffset(ZoneOffset.UTC));
                    insert.setString(3, reason);
                    insert.setString(4, person);
                    try (ResultSet row = insert.executeQuery()) {
                        row.next();
                        long id = row.getLong(1);
                        name(connection, id, known);
                        return id;
                    }
                }
            });
        } catch (SQLException e) {
            throw new AuditUnavailableException("the hold could not be placed", e);
        }
    }

    /** Who was merged since a hold was placed has entries under another id from then on, and those of the other from before. */
    private void nameWhoIsHeld() {
        for (Hold hold : holds()) {
            String member = hold.released() == null ? hold.member() : null;
            if (member != null) {
                Set<String> known = names.of(member);
                try (Connection connection = database.getConnection()) {
                    name(connection, hold.id(), known);
                } catch (SQLException e) {
                    throw new AuditUnavailableException("whom a legal hold is about could not be noted", e);
                }
            }
        }
    }

    private static void name(Connection connection, long hold, Set<String> known) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO audit.hold_name (hold, member) SELECT ?, unnest(?::text[]) ON CONFLICT DO NOTHING")) {
            insert.setLong(1, hold);
            insert.setArray(2, connection.createArrayOf("text", known.toArray()));
            insert.executeUpdate();
        }
    }

    /** @return false if there is no such hold, or it was released before */
    public boolean release(long id, String reason, String person, AuditEntry.Origin origin) {
        requireReason(reason);
        if (holds().stream().noneMatch(hold -> hold.id() == id && hold.released() == null)) {
            return false;
        }
        trail.appendAndWait(event("legal-hold-release", person, "hold=" + id + "; reason=" + reason, List.of(), origin));
        try (Connection connection = database.getConnection();
            PreparedStatement insert = connection.prepareStatement("INSERT INTO audit.hold_release (hold, reason, person) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")) {
            insert.setLong(1, id);
            insert.setString(2, reason);
            insert.setString(3, person);
            return insert.executeUpdate() == 1;
        } catch (SQLException e) {
            throw new AuditUnavailableException("the hold could not be released", e);
        }
    }

    /** All holds, newest first. */
    public List<Hold> holds() {
        String sql = "SELECT h.id, h.member, h.since, h.reason, h.person, h.placed, r.released FROM audit.hold h LEFT JOIN audit.hold_release r ON r.hold = h.id ORDER BY h.id DESC";
        try (Connection connection = database.getConnection(); PreparedStatement select = connection.prepareStatement(sql); ResultSet row = select.executeQuery()) {
            List<Hold> holds = new ArrayList<>();
            while (row.next()) {
                holds.add(new Hold(row.getLong(1), row.getString(2), instant(row, 3), row.getString(4), row.getString(5), java.util.Objects.requireNonNull(instant(row, 6)), instant(row, 7)));
            }
            return holds;
        } catch (SQLException e) {
            throw new AuditUnavailableException("the holds could not be read", e);
        }
    }

    private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        OffsetDateTime value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }

    private List<String> months(String sql, LocalDate keepFrom) {
        try (Connection connection = database.getConnection(); PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setObject(1, keepFrom);
            statement.setInt(2, policy.longest());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return List.of((String[]) row.getArray(1).getArray());
            }
        } catch (SQLException e) {
            throw new AuditUnavailableException("the months that have outlived the retention period could not be dropped", e);
        }
    }

    private static void requireReason(String reason) {
        if (reason.isBlank() || reason.length() > 500 || reason.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("say why, in a line of at most 500 characters");
        }
    }

    private static AuditEntry event(String operation, String person, String detail, List<String> members, AuditEntry.Origin origin) {
        return new AuditEntry(AuditEntry.AUDIT, operation, new AuditEntry.Outcome(200, null), new AuditEntry.Caller("portolan", person, null),
            new AuditEntry.Subject(members, List.of(), null, 0, 0, List.of(), detail), new AuditEntry.Authority("none", List.of(), "OPERATIONS", List.of()), origin);
    }
}
