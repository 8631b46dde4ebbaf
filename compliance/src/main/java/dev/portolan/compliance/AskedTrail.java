package dev.portolan.compliance;

import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.AuditTrail;
import dev.portolan.identity.account.Account;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** That the trail was asked stands in the trail: who asked whom about, before the answer leaves. For every room whose pages and reports read it. */
public final class AskedTrail {

    private static final String REQUEST_ID = "dev.portolan.request-id";

    private final AuditTrail trail;

    public AskedTrail(AuditTrail trail) {
        this.trail = trail;
    }

    /**
     * @param operation {@code trail-query}, {@code trail-export}, ...
     * @param members whom it is about
     * @param detail what else was asked, by name; nothing that identifies a member
     * @param entries how many entries are given
     */
    public void record(HttpServletRequest request, Account account, String operation, Set<String> members, Map<String, String> detail, int entries) {
        String asked = detail.entrySet().stream().filter(each -> !each.getKey().equals("member")).map(each -> each.getKey() + "=" + plain(each.getValue())).collect(Collectors.joining("; "));
        record(request, account, AuditEntry.AUDIT, operation,
            new AuditEntry.Subject(members.stream().sorted().toList(), List.of("AuditEvent"), null, entries, 0, List.of("records"), asked.isEmpty() ? null : asked));
    }

    /** The same for what else a page hands out about members. */
    public void record(HttpServletRequest request, Account account, String api, String operation, AuditEntry.Subject subject) {
        boolean staff = account.kind() == Account.Kind.STAFF;
        trail.appendAndWait(new AuditEntry(api, operation, new AuditEntry.Outcome(200, null), new AuditEntry.Caller("portolan", account.id(), staff ? "staff" : null), subject,
            new AuditEntry.Authority("none", List.of(), staff ? "OPERATIONS" : "MEMBER_REQUEST", List.of()),
            origin(request)));
    }

    /** Where a request came from, proxies and all, and its name. */
    public static AuditEntry.Origin origin(HttpServletRequest request) {
        return AuditEntry.Origin.of(request.getRemoteAddr(), Collections.list(request.getHeaders("X-Forwarded-For")), String.valueOf(request.getAttribute(REQUEST_ID)));
    }

    private static String plain(String value) {
        String one = value.replaceAll("[\\p{Cntrl};=]", " ");
        return one.length() > 200 ? one.substring(0, 200) : one;
    }
}
