package dev.portolan.server;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import jakarta.servlet.http.HttpServletRequest;

import org.jspecify.annotations.Nullable;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.AuditTrail;
import dev.portolan.compliance.AskedTrail;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;

/** Sign-ins, tokens, consents, apps, accounts and keys, into the audit trail (AUD-01). What cannot be recorded throws, and so does not happen. */
final class IdentityTrail implements SecurityEvents {

    private static final String OWN_PAGES = "portolan";
    private static final int LONGEST_DETAIL = 200;

    private final AuditTrail trail;

    IdentityTrail(AuditTrail trail) {
        this.trail = trail;
    }

    @Override
    public void record(SecurityEvent event) {
        trail.appendAndWait(entry(event));
    }

    private static AuditEntry entry(SecurityEvent event) {
        Map<String, String> details = new TreeMap<>(event.details());
        String scope = details.remove("scope");
        String address = details.remove("address");
        String members = details.remove("members");
        String reason = event.succeeded() ? null : Optional.ofNullable(details.remove("error")).orElseGet(() -> details.remove("reason"));
        Optional<HttpServletRequest> request = request();
        String app = event.clientId() == null ? OWN_PAGES : event.clientId();
        boolean person = !event.actor().equals("anonymous") && !event.actor().equals(event.clientId());
        return new AuditEntry(
                AuditEntry.IDENTITY,
                event.type().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                new AuditEntry.Outcome(status(event), plain(reason)),
                new AuditEntry.Caller(app, person ? event.actor() : null, null),
                new AuditEntry.Subject(members(event.patient(), members), List.of(), null, 0, 0, List.of(), detail(details)),
                new AuditEntry.Authority(event.consent() == null ? "none" : event.consent(), scope == null || scope.isBlank() ? List.of() : List.of(scope.trim().split(" +")), "OPERATIONS",
                        event.consent() == null ? List.of() : List.of(event.consent())),
                origin(address, request));
    }

    /** @param address what the event itself says */
    private static AuditEntry.Origin origin(@Nullable String address, Optional<HttpServletRequest> request) {
        AuditEntry.Origin own = request.map(AskedTrail::origin).orElse(new AuditEntry.Origin(null, "none"));
        return address == null ? own : new AuditEntry.Origin(address, own.request());
    }

    private static List<String> members(@Nullable String one, @Nullable String several) {
        TreeSet<String> members = new TreeSet<>(several == null || several.isBlank() ? List.of() : List.of(several.strip().split(" +")));
        if (one != null) {
            members.add(one);
        }
        return List.copyOf(members);
    }

    /** What HTTP would say: these events are not answers, but what is asked of the trail is asked by status. */
    private static int status(SecurityEvent event) {
        if (event.succeeded()) {
            return 200;
        }
        return switch (event.type()) {
            case SIGN_IN, CLIENT_AUTHENTICATION_FAILED -> 401;
            case AUTHORIZATION_REFUSED -> 403;
            case THROTTLED -> 429;
            default -> 400;
        };
    }

    private static @Nullable String detail(Map<String, String> details) {
        return details.isEmpty() ? null : details.entrySet().stream().map(each -> each.getKey() + "=" + plain(each.getValue())).collect(Collectors.joining("; "));
    }

    private static @Nullable String plain(@Nullable String text) {
        if (text == null) {
            return null;
        }
        String one = text.replaceAll("[\\p{Cntrl};]", " ");
        return one.length() > LONGEST_DETAIL ? one.substring(0, LONGEST_DETAIL) : one;
    }

    private static Optional<HttpServletRequest> request() {
        return RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes attributes ? Optional.of(attributes.getRequest()) : Optional.empty();
    }
}
