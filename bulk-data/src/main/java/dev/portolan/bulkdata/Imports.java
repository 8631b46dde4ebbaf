package dev.portolan.bulkdata;

import dev.portolan.intake.load.LoadRun;
import dev.portolan.jobs.JobKind;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.FhirOperation;
import dev.portolan.rest.OperationRequest;
import dev.portolan.rest.Problem;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The imports of a server: files of lines that a client names are fetched and loaded by intake's feed engine, so that reports, quarantine, provenance and idempotence are those of every other feed
 * (SMART's bulk import proposal, {@code $import}).
 */
public final class Imports {

    static final String KIND = "bulk-import";
    private static final Logger LOG = LoggerFactory.getLogger(Imports.class);
    private static final String CLEANING = "bulk-import-cleaning";
    private static final int ATTEMPTS = 6;
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);
    private static final Duration BETWEEN_CLEANINGS = Duration.ofMinutes(10);

    private final ImportServices services;
    private final ImportRows rows;

    public Imports(ImportServices services) {
        this.services = services;
        this.rows = new ImportRows(new Rows(services.database()));
        ImportWork work = new ImportWork(services, rows);
        services.jobs().add(new JobKind(KIND, ATTEMPTS, FIRST_PAUSE, work));
        services.jobs().add(new JobKind(CLEANING, Integer.MAX_VALUE, BETWEEN_CLEANINGS, new Cleaning(work)));
        services.jobs().submit(CLEANING, "all");
    }

    /** Forgets imports whose time is over, and sees to it that none is left without its work. */
    private final class Cleaning implements JobKind.Work {

        private final ImportWork work;

        Cleaning(ImportWork work) {
            this.work = work;
        }

        @Override
        public JobKind.Next run(String id, JobKind.Running running) {
            rows.ids("state = 'RUNNING'").forEach(left -> services.jobs().submit(KIND, left));
            rows.ids("expires < now()").forEach(this::forgetOne);
            return new JobKind.Next.Again(BETWEEN_CLEANINGS);
        }

        /** One that cannot go keeps no other. */
        private void forgetOne(String over) {
            try {
                work.forget(over);
            } catch (IOException | UncheckedIOException e) {
                LOG.error("the files of import {}, whose time is over, could not be deleted ({}); it is tried again", over, e.getClass().getName());
            }
        }

        @Override
        public void gaveUp(String id, Throwable cause) {
            throw new IllegalStateException("cleaning is never given up", cause);
        }
    }

    /** The operations for a base's {@link dev.portolan.rest.FhirServlet}: only for one whose callers are the plan's own. Call it before the jobs start. */
    public List<FhirOperation> operations() {
        return List.of(new ImportOperation(this, services.settings()), new ImportStatusOperation(this, services), new ImportErrorsOperation(this, services));
    }

    /** Begins an import and returns the URL to poll. */
    String start(OperationRequest request, List<Import.Input> inputs) {
        Grant grant = request.view().grant();
        requireEverything(grant);
        ExportAuthority.Caller caller = new ExportAuthority.Caller(request.base().name(), grant.app(), grant.user(), grant.id(), grant.scopes(), grant.consents());
        if (services.authority().renew(caller).isEmpty()) {
            throw new FhirException(Problem.FORBIDDEN, "imports are for apps that act for themselves: use a token of the client_credentials grant (SMART Backend Services)");
        }
        String id = UUID.randomUUID().toString();
        if (!rows.add(new Import(id, request.baseUrl(), caller, request.url(), inputs, Import.State.RUNNING, null, Instant.now(), null, null, null), services.settings().openPerApp())) {
            throw new FhirException(Problem.THROTTLED, "this app has " + services.settings().openPerApp() + " imports under way: wait for one").with("Retry-After", "60");
        }
        services.jobs().submit(KIND, id);
        return request.baseUrl() + "/" + ImportStatusOperation.NAME + "?import=" + id;
    }

    /** A file may hold any type of any member, so the right has to reach all of it: creating and updating, without conditions. */
    static void requireEverything(Grant grant) {
        Grant.@Nullable Rule rule = grant.rules().get("*");
        boolean everything = grant.members() instanceof Grant.Members.Everyone
            && Stream.of(Interaction.CREATE, Interaction.UPDATE).map(interaction -> rule == null ? null : rule.extent(interaction)).allMatch(extent -> extent != null && extent.isWhole());
        if (!everything) {
            throw new FhirException(Problem.FORBIDDEN, "an import writes any type of resource of any member: it takes one of the plan's own apps and the scope system/*.cu or more");
        }
    }

    /** The caller's own import; anybody else's is as if it were not there. */
    Import own(OperationRequest request) {
        Grant grant = request.view().grant();
        String id = OwnOperation.parameter(request, "import");
        return (id == null ? java.util.Optional.<Import>empty() : rows.find(id))
            .filter(found -> found.caller().app().equals(grant.app()) && Objects.equals(found.caller().person(), grant.user()) && found.caller().base().equals(request.base().name()))
            .filter(found -> found.expires() == null || found.expires().isAfter(java.time.Instant.now()))
            .orElseThrow(() -> new FhirException(Problem.NOT_FOUND, "there is no such import: it was deleted, its time is over, or it is another app's"));
    }

    /** What became of the files; empty as long as they are fetched. */
    List<LoadRun.FileReport> reports(Import asked) {
        Long run = asked.run();
        return run == null ? List.of() : services.reports().run(run).map(LoadRun::files).orElse(List.of());
    }

    void forget(Import ended) {
        rows.delete(ended.id());
    }
}
