package dev.portolan.identity.app;

import dev.portolan.identity.IdentityDatabase;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** What auditors ask of apps: who let them in, when and why, what they may see, whether they are used (requirement 21, section 8). */
@Component
class AppEvidence {
    private final IdentityDatabase database;
    private final Apps apps;
    private final AppLifecycle lifecycle;

    AppEvidence(IdentityDatabase database, Apps apps, AppLifecycle lifecycle) {
        this.database = database;
        this.apps = apps;
        this.lifecycle = lifecycle;
    }

    record Entry(String clientId, String name, String organization, String environment, String state, String review, String scopes,
                 Map<String, String> attestation, @Nullable String decidedBy, @Nullable Instant lastUsed, long liveTokens,
                 List<AppLifecycle.Event> history) {}

    private record Use(@Nullable Instant lastUsed, long live) {}

    List<Entry> all() {
        return apps.all().stream().map(this::entry).toList();
    }

    private Entry entry(App app) {
        List<AppLifecycle.Event> history = lifecycle.history(app.clientId());
        String decidedBy = history.stream().filter(e -> "APPROVED".equals(e.to()) || "REJECTED".equals(e.to()))
                .reduce((first, last) -> last).map(AppLifecycle.Event::actor).orElse(null);
        Use use = database.sql("""
                select max(a.last_used_at) as used, count(t.hash) filter (where t.expires_at > now() and t.revoked_at is null and a.revoked_at is null) as live
                from identity.app_authorization a left join identity.access_token t on t.authorization_id = a.id where a.client_id = ?""")
                .param(app.clientId()).query((row, n) -> new Use(IdentityDatabase.instant(row, "used"), row.getLong("live"))).single();
        return new Entry(app.clientId(), app.name(), app.metadata().organization(), app.environment().name(), app.state().name(),
                app.review().name(), app.scopes().text(), app.attestation(), decidedBy, use.lastUsed(), use.live(), history);
    }

    String csv() {
        return "client_id,name,organization,environment,state,review,scopes,decided_by,last_used,live_tokens,history\n"
                + all().stream().map(AppEvidence::line).collect(Collectors.joining());
    }

    private static String line(Entry e) {
        String history = e.history().stream().map(h -> h.at() + " " + h.action() + " " + (h.to() == null ? "" : h.to())
                + (h.criterion() == null ? "" : " " + h.criterion()) + " by " + h.actor() + (h.reason() == null ? "" : ": " + h.reason()))
                .collect(Collectors.joining("; "));
        return java.util.stream.Stream.of(e.clientId(), e.name(), e.organization(), e.environment(), e.state(), e.review(), e.scopes(),
                        String.valueOf(e.decidedBy()), String.valueOf(e.lastUsed()), String.valueOf(e.liveTokens()), history)
                .map(AppEvidence::cell).collect(Collectors.joining(",")) + "\n";
    }

    /** Quoted, and never read as a formula by a spreadsheet. */
    private static String cell(String value) {
        String safe = !value.isEmpty() && "=+-@\t\r".indexOf(value.charAt(0)) >= 0 ? "'" + value : value;
        return "\"" + safe.replace("\"", "\"\"") + "\"";
    }
}
