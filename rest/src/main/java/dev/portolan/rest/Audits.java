package dev.portolan.rest;

import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.AuditEntry.Authority;
import dev.portolan.audit.AuditEntry.Caller;
import dev.portolan.audit.AuditEntry.Origin;
import dev.portolan.audit.AuditEntry.Outcome;
import dev.portolan.audit.AuditEntry.Subject;
import dev.portolan.fhir.search.CompartmentParameters;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.store.Grant;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.StoredResource;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Audit entries of FHIR's interactions: who got what of whom by which right (AUD-02), and who was refused what (AUD-04). */
final class Audits {

    private static final String NOBODY = "unknown";

    private final FhirBase base;
    private final CompartmentParameters compartments;
    private final Set<String> allTypes;
    private final GrantResolver grants;

    Audits(FhirBase base, FhirServices services) {
        this.base = base;
        this.compartments = services.definitions().compartments();
        this.allTypes = services.definitions().parameters().resourceTypes();
        this.grants = services.grants();
    }

    /** An answer that leaves. */
    AuditEntry served(HttpServletRequest http, String requestId, Grant grant, Answer answer, Recording.Patients patients) {
        Answer.Access access = answer.access();
        Disclosed disclosed = access.disclosed();
        TreeSet<String> types = new TreeSet<>(access.types());
        types.addAll(disclosed.types());
        Subject subject = new Subject(members(grant, access, patients), List.copyOf(types), access.resource(), disclosed.resources(), disclosed.withheld(), disclosed.categories(), access.query());
        return new AuditEntry(base.name(), access.operation(), new Outcome(answer.status(), null), caller(grant), subject, authority(grant), origin(http, requestId));
    }

    /** Those whose resources left; if none did, those whom the request is about. */
    private List<String> members(Grant grant, Answer.Access access, Recording.Patients patients) {
        TreeSet<String> members = new TreeSet<>(access.about());
        List<StoredResource.Home> homes = access.disclosed().homes();
        String only = onlyMember(grant);
        if (only == null) {
            members.addAll(homes.isEmpty() ? Set.of() : patients.apply(homes));
        } else if (homes.stream().anyMatch(home -> home.member() != 0) || members.isEmpty() && homes.isEmpty() && areMembers(access.types())) {
            members.add(only);
        }
        return List.copyOf(members);
    }

    /**
     * A request that was refused or failed.
     *
     * @param grant null if the caller was not let in, or not asked for a right yet
     * @param call null if the records were not opened
     * @param route null if the path names nothing
     * @param code why: the code of the OperationOutcome
     */
    AuditEntry refused(HttpServletRequest http, String requestId, @Nullable Grant grant, @Nullable Call call, @Nullable Route route, List<RawParameter> query, int status, String code) {
        boolean known = route != null && allTypes.contains(route.type());
        String type = known ? route.type() : "";
        String operation = route == null ? Dispatcher.UNKNOWN : Dispatcher.meant(http.getMethod().equals("HEAD") ? "GET" : http.getMethod(), route);
        GrantResolver.Former former = grant == null ? grants.former(http) : null;
        TreeSet<String> members = new TreeSet<>(route == null ? List.of() : AskedMembers.of(route, query));
        String only = grant == null ? null : onlyMember(grant);
        if (members.isEmpty() && former != null) {
            members.addAll(former.members());
        } else if (members.isEmpty() && only != null && known && areMembers(List.of(type))) {
            members.add(only);
        }
        String resource = known && !route.id().isEmpty() ? type + "/" + route.id() : null;
        int withheld = call != null && resource != null && status == Problem.NOT_FOUND.status() && call.view().withheld().holds(new ResourceKey(type, route.id())) ? 1 : 0;
        Subject subject = new Subject(List.copyOf(members), known ? List.of(type) : List.of(), resource, 0, withheld, List.of(), null);
        Caller caller = grant != null ? caller(grant) : former != null ? former.caller() : new Caller(NOBODY, null, null);
        Authority authority = grant != null ? authority(grant) : former != null ? former.authority() : new Authority("none", List.of(), "UNKNOWN", List.of());
        return new AuditEntry(base.name(), operation, new Outcome(status, former != null && status == Problem.LOGIN_EXPIRED.status() ? former.why() : code), caller, subject, authority, origin(http, requestId));
    }

    private static Caller caller(Grant grant) {
        return new Caller(grant.app(), grant.user(), grant.relation());
    }

    private static Authority authority(Grant grant) {
        return new Authority(grant.id(), grant.scopes(), grant.purpose().name(), List.copyOf(new TreeSet<>(grant.consents())));
    }

    private static Origin origin(HttpServletRequest http, String requestId) {
        return Origin.of(http.getRemoteAddr(), Collections.list(http.getHeaders("X-Forwarded-For")), requestId);
    }

    private static @Nullable String onlyMember(Grant grant) {
        return grant.members() instanceof Grant.Members.Only only && only.patientIds().size() == 1 ? only.patientIds().iterator().next() : null;
    }

    /** Whether resources of one of these types stand in members' records. No types are all of them. */
    private boolean areMembers(Collection<String> types) {
        return types.isEmpty() || types.stream().anyMatch(type -> type.equals("Patient") || !compartments.of("Patient", type).isEmpty());
    }
}
