package dev.portolan.provideraccess;

import dev.portolan.bulkdata.ExportPolicy;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.attribution.ProviderGroup;
import dev.portolan.members.consent.ConsentEngine;
import dev.portolan.members.consent.Exit;
import dev.portolan.store.Grant;
import dev.portolan.store.RecordView;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Exports of a provider's lists. Whose data leaves is decided by the store's panels while an export reads: whoever opts out or is no patient any more is gone from them in the same transaction, and the
 * files are gone through once more before they are given out.
 */
public final class ProviderExports implements ExportPolicy {

    private final Attributions attributions;
    private final ProviderAccessPolicy policy;
    private final ConsentEngine consents;
    private final ExportLog log;
    private final Clock clock;

    public ProviderExports(Attributions attributions, ProviderAccessPolicy policy, ConsentEngine consents, ExportLog log, Clock clock) {
        this.attributions = attributions;
        this.policy = policy;
        this.consents = consents;
        this.log = log;
        this.clock = clock;
    }

    @Override
    public Set<Place> places() {
        return Set.of(Place.GROUP);
    }

    /** The caller's own lists, and on a server that was opened to its own machine every list. */
    static Optional<ProviderGroup> group(Attributions attributions, Grant grant, String id) {
        return grant.members() instanceof Grant.Members.Everyone ? attributions.find(id) : attributions.find(grant.app(), id);
    }

    @Override
    public Optional<GroupMembers> group(RecordView view, String groupId, Set<String> ownBases) {
        return group(attributions, view.grant(), groupId).map(group -> new GroupMembers(attributions.panelOfGroup(group.id()), Set.of()));
    }

    @Override
    public void check(Map<String, List<List<Criterion>>> filters) {
        policy.guarded().check(filters);
    }

    /**
     * Whoever opted out, or held something back, after an export was asked for is not in what is fetched from then on, and from whom the plan took the list, or whose organization has left the network, nothing is
     * fetched; the end of an attribution takes nothing back that was made before it.
     */
    @Override
    public Set<String> downloadable(String export, Grant grant, Collection<String> patientIds) {
        Optional<ExportLog.Entry> made = log.find(export);
        if (made.isPresent() && group(attributions, grant, made.get().group()).filter(list -> attributions.participates(list.npi())).isEmpty()) {
            return Set.of();
        }
        Set<String> allowed = new HashSet<>(patientIds);
        made.ifPresent(entry -> {
            allowed.removeAll(consents.heldBackSince(entry.startedAt(), grant.app(), patientIds));
            // What was made of two members' records as one is in part of somebody who may be no patient of this provider's.
            allowed.removeAll(attributions.partedSince(entry.startedAt(), patientIds));
        });
        Exit exit = new Exit(Exit.Api.PROVIDER_ACCESS, grant.purpose(), grant.app(), null, Set.of(), clock.instant());
        consents.decide(exit, patientIds).forEach((patient, permission) -> {
            if (!permission.allowed()) {
                allowed.remove(patient);
            }
        });
        return allowed;
    }

    /** Who was to be in the file is given whole with the next delta. */
    @Override
    public void refused(String export, Collection<String> patientIds) {
        counting(export).ifPresent(entry -> attributions.notSent(entry.group(), entry.app(), patientIds, entry.completedAt() == null ? entry.startedAt() : entry.completedAt()));
    }

    @Override
    public boolean looksAt(String type) {
        return true; // a claim may be contained in whatever leaves
    }

    @Override
    public byte[] release(Grant grant, String type, byte[] json) {
        return policy.redaction().of(type, json);
    }

    @Override
    public void started(String export, @Nullable String groupId, String app, String kind, Set<String> types, List<String> filters) {
        log.started(new ExportLog.Entry(export, String.valueOf(groupId), app, kind, clock.instant(), null, types, String.join(",", filters)));
    }

    /** As it was when the export began; of exports of another kind nobody's. */
    @Override
    public Map<String, Instant> since(String export, Collection<String> patientIds, String narrowed) {
        return log.find(export).filter(entry -> entry.kind().equals(DataExport.DELTA))
            .map(delta -> attributions.sentBefore(delta.group(), delta.app(), patientIds, delta.startedAt(), delta.types(), delta.filters(), narrowed)).orElse(Map.of());
    }

    /** What was downloaded counts for the next delta; a snapshot does not (PDex, Provider Access API, exportType). */
    @Override
    public void completed(String export, Set<String> members, Given given) {
        log.completed(export, members.size(), clock.instant());
        counting(export).ifPresent(entry -> attributions.sent(entry.group(), entry.app(), members,
            new Attributions.Sent(given.since(), given.until(), String.join(",", given.types()), String.join(",", given.filters()), given.narrowed())));
    }

    private Optional<ExportLog.Entry> counting(String export) {
        return log.find(export).filter(entry -> Set.of(DataExport.DELTA, DataExport.DOWNLOAD).contains(entry.kind()));
    }
}
