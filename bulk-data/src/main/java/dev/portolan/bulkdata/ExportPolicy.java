package dev.portolan.bulkdata;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.store.Grant;
import dev.portolan.store.RecordView;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What one FHIR base lets be exported, and what of it leaves. The methods are asked again and again while an export runs: what they answer counts from then on. */
public interface ExportPolicy {

    /** Where an export is started. */
    enum Place {
        SYSTEM,
        PATIENT,
        GROUP
    }

    Set<Place> places();

    /**
     * Whom a group holds; empty if there is no such group for this caller. What the caller's grant does not reach is left out in any case.
     *
     * @param view under the caller's grant
     * @param ownBases every URL under which the base is known: references below them are local
     */
    Optional<GroupMembers> group(RecordView view, String groupId, Set<String> ownBases);

    /** Those of these members whose data may leave now. Asked before a member's lines are written, and again for all of them before the files are given out. */
    default Set<String> releasable(Grant grant, Collection<String> patientIds) {
        return Set.copyOf(patientIds);
    }

    /** Those of these members whose data may still be fetched in a file of an export that was made while it could leave. Asked at each download. */
    default Set<String> downloadable(String export, Grant grant, Collection<String> patientIds) {
        return Set.copyOf(patientIds);
    }

    /** A file was asked for that is not given out any more, for one of these members' sake: what it holds of them, and of the others in it, did not leave now. */
    default void refused(String export, Collection<String> patientIds) {}

    /** True if {@link #release} has to see the resources of a type. What it need not see goes from the store to the file as it is. */
    default boolean looksAt(String type) {
        return false;
    }

    /** The resource as it may leave, or null if it may not. */
    default byte @Nullable [] release(Grant grant, String type, byte[] json) {
        return json;
    }

    /**
     * Refuses filters that would tell what does not leave.
     *
     * @param filters alternatives by type
     * @throws dev.portolan.rest.FhirException with what to leave out
     */
    default void check(Map<String, List<List<Criterion>>> filters) {}

    /**
     * An export was taken in, and has not begun.
     *
     * @param kind by which operation: {@link Exports.Kind#name}
     * @param types of the resources that are asked for
     * @param filters {@code Type?query}
     */
    default void started(String export, @Nullable String groupId, String app, String kind, Set<String> types, List<String> filters) {}

    /**
     * Since when changes of these members' records are wanted, where the client does not say it itself ({@code _since}). Asked for some dozens of members at once.
     *
     * @param narrowed what the export leaves out, as {@link Given#narrowed}
     * @return by Patient id; who is not in it has no limit
     */
    default Map<String, Instant> since(String export, Collection<String> patientIds, String narrowed) {
        return Map.of();
    }

    /**
     * An export's files are given out from now on. Called again if the server died meanwhile.
     *
     * @param members ids of the Patients whose data is in them
     */
    default void completed(String export, Set<String> members, Given given) {}

    /**
     * What an export gives of its members.
     *
     * @param since what changed before is not in it; null if nothing is left out for that
     * @param until up to which instant it holds what changed
     * @param filters {@code Type?query}
     * @param narrowed what else is left out of it, fields for instance, in words that are the same where the same is; empty for nothing
     */
    record Given(@Nullable Instant since, Instant until, Set<String> types, List<String> filters, String narrowed) {}

    /**
     * @param panel a panel of the store that holds the members as long as they belong to the group; null if they are named
     * @param patientIds the members by name, for groups that no panel is kept for
     */
    record GroupMembers(@Nullable String panel, Set<String> patientIds) {}
}
