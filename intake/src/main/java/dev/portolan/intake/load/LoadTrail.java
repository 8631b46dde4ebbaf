package dev.portolan.intake.load;

import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.AuditTrail;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What people and programs do with loads, in the audit trail: that a load was asked for, that a record in quarantine or the source of a resource was looked at, what was corrected, and who was refused. Each is
 * told before its answer leaves. Lists of loads, their progress and the age of data hold no member's data and are asked for every second: they are not told.
 */
public final class LoadTrail {

    private static final String API = "feeds";
    private static final String REQUEST_ID = "dev.portolan.request-id";

    private final AuditTrail trail;

    public LoadTrail(AuditTrail trail) {
        this.trail = trail;
    }

    /** @param person the signed-in member of staff, or null for a program */
    public record Caller(String app, @Nullable String person) {

        /** Who showed nothing that lets it in. */
        public static final Caller NOBODY = new Caller("unknown", null);
        static final String PAGES = "portolan";

        public static Caller staff(String account) {
            return new Caller(PAGES, account);
        }
    }

    /**
     * @param operation {@code load-asked}, {@code quarantine-read}, {@code origin-read}, ...
     * @param status HTTP status of the answer
     * @param resource {@code Type/id}, or null
     * @param detail what it was about, as {@code name=value}; no value of a record
     * @throws dev.portolan.audit.AuditUnavailableException if it cannot be recorded, and so must not be answered
     */
    public void record(HttpServletRequest request, Caller caller, String operation, int status, @Nullable String resource, int records, @Nullable String detail) {
        List<String> types = resource == null ? List.of() : List.of(resource.substring(0, resource.indexOf('/')));
        List<String> members = resource != null && resource.startsWith("Patient/") ? List.of(resource.substring("Patient/".length())) : List.of();
        String purpose = caller.equals(Caller.NOBODY) ? "UNKNOWN" : "ADMINISTRATION";
        trail.appendAndWait(new AuditEntry(API, operation, new AuditEntry.Outcome(status, status < 400 ? null : status == 401 ? "login" : status == 403 ? "forbidden" : "refused"),
            new AuditEntry.Caller(caller.app(), caller.person(), caller.person() == null ? null : "staff"), new AuditEntry.Subject(members, types, resource, records, 0, List.of(), detail),
            new AuditEntry.Authority("none", List.of(), purpose, List.of()),
            AuditEntry.Origin.of(request.getRemoteAddr(), Collections.list(request.getHeaders("X-Forwarded-For")), String.valueOf(request.getAttribute(REQUEST_ID)))));
    }
}
