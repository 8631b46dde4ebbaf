package dev.portolan.bulkdata;

import dev.portolan.jobs.JobKind;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.FhirOperation;
import dev.portolan.rest.OperationRequest;
import dev.portolan.rest.Problem;
import dev.portolan.store.Grant;
import dev.portolan.store.ScanRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The exports of a server. Each FHIR base that has any takes its operations from here, under a policy of its own. */
public final class Exports {

    static final String KIND = "bulk-export";
    private static final Logger LOG = LoggerFactory.getLogger(Exports.class);
    private static final String CLEANING = "bulk-export-cleaning";
    private static final int ATTEMPTS = 8;
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);
    private static final Duration BETWEEN_CLEANINGS = Duration.ofMinutes(10);

    private final ExportServices services;
    private final ExportRows rows;
    private final ExportFigures figures;
    private final OrderReader orders;
    private final TypeFilters filters;
    private final Map<String, ExportPolicy> policies = new ConcurrentHashMap<>();
    private final Written written = new Written();

    public Exports(ExportServices services) {
        this.services = services;
        this.rows = new ExportRows(new Rows(services.database()));
        this.figures = new ExportFigures(new Rows(services.database()));
        this.orders = new OrderReader(services.resourceTypes());
        this.filters = new TypeFilters(services.searchParser());
        services.jobs().add(new JobKind(KIND, ATTEMPTS, FIRST_PAUSE, new ExportWork(services, rows, filters, policies, written)));
        services.jobs().add(new JobKind(CLEANING, Integer.MAX_VALUE, BETWEEN_CLEANINGS, new Cleaning()));
        services.jobs().submit(CLEANING, "all");
    }

    /** Brings the tables of this room (schema {@code bulk_data}) to this version. Safe to call from several nodes at once. */
    public static void migrate(DataSource dataSource) {
        ExportRows.migrate(dataSource);
    }

    /**
     * The operations for a base's {@link dev.portolan.rest.FhirServlet}. Call it before the jobs start.
     *
     * @param base the base's name
     */
    public List<FhirOperation> operations(String base, ExportPolicy policy) {
        policies.put(base, policy);
        List<FhirOperation> operations = new ArrayList<>();
        policy.places().stream().sorted().forEach(place -> operations.add(KickOff.export(this, place)));
        operations.add(new StatusOperation(this, rows));
        operations.add(new FileOperation(this, rows, services.files()));
        return operations;
    }

    /**
     * Starts an export as the request asks for it, for operations of other names that mean the same, such as {@code $davinci-data-export}.
     *
     * @return the URL to poll
     * @throws FhirException if it is refused
     */
    public String start(OperationRequest request, ExportPolicy.Place level) {
        return poll(request, start(request, level, Kind.EXPORT));
    }

    /**
     * What else an operation that means an export takes.
     *
     * @param name what the policy is told
     * @param parameters names of parameters of its own
     * @param passesOver whether patients who are not there are passed over and remarked rather than refused ("for each member that is invalid or ignored an operation outcome has to be returned": ATR,
     *     {@code $davinci-data-export})
     */
    public record Kind(String name, Set<String> parameters, boolean passesOver) {

        static final Kind EXPORT = new Kind("$export", Set.of(), false);
    }

    /** Where the export of an id is polled. */
    public String poll(OperationRequest request, String id) {
        return request.baseUrl() + "/" + StatusOperation.NAME + "?export=" + id;
    }

    /**
     * The same for an operation that takes more.
     *
     * @return the id of the export
     */
    public String start(OperationRequest request, ExportPolicy.Place level, Kind kind) {
        ExportPolicy policy = policy(request);
        OrderReader.Read read = orders.read(request, level, kind.parameters(), kind.passesOver());
        ExportPolicy.@Nullable GroupMembers group = level != ExportPolicy.Place.GROUP ? null
            : policy.group(request.view(), request.id(), request.ownBases()).map(this::withSurvivors).orElseThrow(() -> new FhirException(Problem.NOT_FOUND, "there is no such group for this access"));
        Grant grant = request.view().grant();
        ExportAuthority.Caller caller = new ExportAuthority.Caller(request.base().name(), grant.app(), grant.user(), grant.id(), grant.scopes(), grant.consents());
        if (services.authority().renew(caller).isEmpty()) {
            throw new FhirException(Problem.FORBIDDEN, "exports are for apps that act for themselves: use a token of the client_credentials grant (SMART Backend Services)");
        }
        String id = UUID.randomUUID().toString();
        String named = "export/" + id;
        boolean byName = read.patients() != null || group != null && group.panel() == null;
        List<String> ignored = new ArrayList<>();
        Collection<String> members = read.patients() == null ? group == null ? List.of() : group.patientIds() : patients(request, read.patients(), group, kind.passesOver() ? ignored : null);
        Export export = new Export(
            id, request.baseUrl(), caller, read.order().ignoring(ignored), byName ? named : group == null ? null : group.panel(), Export.State.QUEUED, null, Instant.now(), null, null, null);
        check(request, export);
        rows.transaction(connection -> {
            Rows.lockApp(connection, caller.app());
            if (rows.open(connection, caller.app()) >= services.settings().openPerApp()) {
                throw new FhirException(Problem.THROTTLED, "this app has " + services.settings().openPerApp() + " exports under way: wait for one, or delete one").with("Retry-After", "60");
            }
            if (byName) {
                services.records().panels().replace(connection, named, members);
            }
            rows.add(connection, export);
            return null;
        });
        // Not within the transaction: it takes a connection of its own, and of many who wait for the app's lock with one each none would be left.
        policy.started(id, export.order().groupId(), caller.app(), kind.name(), export.order().types(), export.order().filters());
        services.jobs().submit(KIND, id);
        return id;
    }

    /** A group names a member who was merged since by the name of then; the record is the survivor's now. */
    private ExportPolicy.GroupMembers withSurvivors(ExportPolicy.GroupMembers group) {
        if (group.panel() != null) {
            return group;
        }
        return new ExportPolicy.GroupMembers(null, withSurvivors(group.patientIds()));
    }

    /** And in whose records those are who were merged since: what these decide is about both. */
    Set<String> withSurvivors(Collection<String> patientIds) {
        Set<String> all = new LinkedHashSet<>(patientIds);
        all.addAll(services.records().survivors(patientIds).values());
        return all;
    }

    /** The filters are tried now, so that what cannot be answered is said before the 202. */
    private void check(OperationRequest request, Export export) {
        ScanRequest scan = ScanRequests.of(export, filters, request.ownBases(), Instant.now());
        policy(request).check(scan.filters());
        request.view().scan(scan).check();
    }

    /**
     * What is asked for by name must be there: in the group, and within reach.
     *
     * @param ignored where it is remarked who is not; null to refuse
     */
    private List<String> patients(OperationRequest request, List<String> asked, ExportPolicy.@Nullable GroupMembers group, @Nullable List<String> ignored) {
        Set<String> reached = request.view().scan(ScanRequests.reach(group == null ? null : group.panel())).reached(asked);
        List<String> there = new ArrayList<>();
        for (String patient : asked) {
            if (reached.contains(patient) && (group == null || group.panel() != null || group.patientIds().contains(patient))) {
                there.add(patient);
            } else if (ignored == null) {
                throw new FhirException(Problem.BAD_REFERENCE, "patient names someone who is not " + (group == null ? "within reach of this access" : "in this group"));
            } else {
                ignored.add("Patient/" + patient + " was ignored: it is not in this group.");
            }
        }
        return there;
    }

    /**
     * Exports that are kept, of all nodes.
     *
     * @param base the name of the base that they were started at
     * @param state {@code queued}, {@code running}, {@code complete} or {@code failed}
     * @param oldest how long ago the first of them was started
     */
    public record Standing(String base, String state, long exports, Duration oldest) {}

    public List<Standing> standing() {
        return figures.standing();
    }

    /** How many of these wait or run. */
    public int open(Collection<String> ids) {
        return figures.open(ids);
    }

    /** What this node has written into files since its start. */
    public Written written() {
        return written;
    }

    ExportPolicy policy(OperationRequest request) {
        return Objects.requireNonNull(policies.get(request.base().name()), "the base has no exports");
    }

    /** The caller's own export; anybody else's is as if it were not there. */
    Export own(OperationRequest request, @Nullable String id) {
        Grant grant = request.view().grant();
        return (id == null ? java.util.Optional.<Export>empty() : rows.find(id))
            .filter(export -> export.caller().app().equals(grant.app()) && Objects.equals(export.caller().person(), grant.user()) && export.caller().base().equals(request.base().name()))
            .filter(export -> export.expires() == null || export.expires().isAfter(Instant.now()))
            .orElseThrow(() -> new FhirException(Problem.NOT_FOUND, "there is no such export: it was deleted, its time is over, or it is another app's"));
    }

    void delete(Export export) {
        services.jobs().cancel(KIND, export.id());
        forget(export.id());
    }

    /** Files first: as long as they cannot be deleted the export stays, to be deleted another time. Then once more, for what was written meanwhile. */
    private void forget(String id) {
        deleteFiles(id);
        rows.transaction(connection -> {
            services.records().panels().replace(connection, "export/" + id, List.of());
            return null;
        });
        rows.delete(id);
        deleteFiles(id);
    }

    private void deleteFiles(String id) {
        try {
            services.files().deleteAllBut(id, Set.of());
        } catch (IOException e) {
            throw new UncheckedIOException("files of an export could not be deleted", e);
        }
    }

    /** Deletes exports whose time is over, and sees to it that none is left without its work. */
    private final class Cleaning implements JobKind.Work {

        @Override
        public JobKind.Next run(String id, JobKind.Running running) {
            rows.ids("expires < now()").forEach(this::forgetOne);
            rows.ids("state IN ('QUEUED', 'RUNNING')").forEach(export -> services.jobs().submit(KIND, export));
            return new JobKind.Next.Again(BETWEEN_CLEANINGS);
        }

        /** One that cannot go keeps no other. */
        private void forgetOne(String export) {
            try {
                forget(export);
            } catch (UncheckedIOException e) {
                LOG.error("the files of export {}, whose time is over, could not be deleted ({}); it is tried again", export, e.getCause().getClass().getName());
            }
        }

        @Override
        public void gaveUp(String id, Throwable cause) {
            throw new IllegalStateException("cleaning is never given up", cause);
        }
    }
}
