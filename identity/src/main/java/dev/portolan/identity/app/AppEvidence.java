package dev.portolan.identity.app;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.table.CsvTable;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** What auditors ask of apps: who let them in, when and why, what they may see, whether they are used (requirement 21, section 8). */
@Component
class AppEvidence {
    private static final List<String> COLUMNS = List.of("client_id", "name", "organization", "environment", "state", "review", "scopes", "decided_by", "last_used", "live_tokens", "history");

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
        StringWriter out = new StringWriter();
        try (CsvTable table = new CsvTable(out)) {
            table.row(COLUMNS);
            all().forEach(entry -> table.row(row(entry)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString();
    }

    private static List<String> row(Entry e) {
        String history = e.history().stream().map(h -> h.at() + " " + h.action() + " " + (h.to() == null ? "" : h.to())
                + (h.criterion() == null ? "" : " " + h.criterion()) + " by " + h.actor() + (h.reason() == null ? "" : ": " + h.reason()))
                .collect(Collectors.joining("; "));
        return Stream.of(e.clientId(), e.name(), e.organization(), e.environment(), e.state(), e.review(), e.scopes(), e.decidedBy(), e.lastUsed(), e.liveTokens(), history)
                .map(cell -> cell == null ? "" : cell.toString()).toList();
    }
}
