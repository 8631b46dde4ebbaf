package dev.portolan.rest;

import dev.portolan.audit.AuditEntry;
import dev.portolan.store.Grant;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Audit entries of FHIR's interactions. */
final class Audits {

    private static final int MOST_MEMBERS = 100;

    private Audits() {}

    static AuditEntry entry(FhirBase base, @Nullable String address, String requestId, Grant grant, Answer answer, @Nullable String issue) {
        Answer.Access access = answer.access();
        return new AuditEntry(
            base.name(),
            access.operation(),
            new AuditEntry.Outcome(answer.status(), issue),
            new AuditEntry.Caller(grant.app(), grant.user(), null),
            new AuditEntry.Subject(members(grant, access), access.types(), access.resource(), access.resources(), 0, List.of(), access.query()),
            new AuditEntry.Authority(grant.id(), List.of(), grant.purpose().name(), sorted(grant.consents())),
            new AuditEntry.Origin(address, requestId));
    }

    private static List<String> members(Grant grant, Answer.Access access) {
        boolean few = grant.members() instanceof Grant.Members.Only only && only.patientIds().size() <= MOST_MEMBERS;
        return access.members().isEmpty() && few ? sorted(((Grant.Members.Only) grant.members()).patientIds()) : access.members();
    }

    private static List<String> sorted(java.util.Set<String> values) {
        return List.copyOf(new TreeSet<>(values));
    }
}
