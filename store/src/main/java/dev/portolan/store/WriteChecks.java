package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.store.PresentRows.Present;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What a write's grant has to allow: what is there, what is to be there instead, and whose record that is. */
final class WriteChecks {

    private final Connection connection;
    private final Grant grant;
    private final StoreContext context;
    private final MemberHomes memberHomes;
    private @Nullable GrantPredicate predicate;

    WriteChecks(Connection connection, Grant grant, StoreContext context, MemberHomes memberHomes) {
        this.connection = connection;
        this.grant = grant;
        this.context = context;
        this.memberHomes = memberHomes;
    }

    GrantPredicate predicate() throws SQLException {
        if (predicate == null) {
            predicate = GrantPredicate.of(grant, context, connection);
        }
        return predicate;
    }

    /** Rows were written: a member may have got its key only now. */
    void membersChanged() {
        if (grant.members() instanceof Grant.Members.Only) {
            predicate = null;
        }
    }

    /** Whether the grant is for some members only. */
    private boolean isLimited() {
        return !(grant.members() instanceof Grant.Members.Everyone);
    }

    /**
     * Under a grant for some members a caller names no ids: whether an id is free would tell of others' resources, so an id that is free is refused as one that is taken.
     *
     * @param isOwn whether the id is one that this transaction made
     */
    void requireNameable(Present before, boolean isOwn) {
        if (isLimited()) {
            requireOwnType(before.key().type());
            if (!isOwn && (before.version() == 0 || before.reached().isEmpty())) {
                throw notReached();
            }
        }
    }

    /** What is nobody's is everybody's to read, and the plan's to write. */
    void requireOwnType(String type) {
        if (isLimited() && context.homes().isShared(type)) {
            throw new GrantRefusedException("This access does not include writing " + type + ", which is no member's own.");
        }
    }

    /** A deleted resource that comes back is created anew by whoever may touch it. */
    static void requireReached(Present before, Interaction interaction) {
        boolean reached = interaction == Interaction.UPDATE ? before.reached().contains(Interaction.UPDATE) : before.version() == 0 || !before.reached().isEmpty();
        if (!reached) {
            throw notReached();
        }
    }

    private static GrantRefusedException notReached() {
        return new GrantRefusedException("This access does not reach the resource that is to be written.");
    }

    /** Sends the rows that were gathered. */
    interface Sending {
        void send() throws SQLException;
    }

    /**
     * What is written must be within the grant, as what it replaces must.
     *
     * @param sending before the record is asked for that a resource of no Patient belongs to
     */
    void requireReachable(ResourceKey key, JsonDocument body, IndexRow index, Interaction interaction, Sending sending) throws SQLException {
        if (!predicate().admits(key.type(), body, interaction)) {
            throw new GrantRefusedException("This access does not include writing a resource of the type " + key.type() + " with this content.");
        }
        if (isLimited() && !context.homes().isShared(key.type())) {
            String patientId = memberHomes.patientId(key, body, index);
            boolean reachable = patientId != null ? predicate().reachesPatient(patientId) : reachesThrough(key, index, sending);
            if (!reachable) {
                throw new GrantRefusedException("This access does not include writing into the record that the " + key.type() + " belongs to.");
            }
        }
    }

    private boolean reachesThrough(ResourceKey key, IndexRow index, Sending sending) throws SQLException {
        sending.send();
        return predicate().reachesMember(key.type(), memberHomes.through(index));
    }
}
