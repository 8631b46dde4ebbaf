package dev.portolan.identity.app;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.key.Secrets;
import dev.portolan.identity.token.Revocations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Everything that can happen to an app. Each step is recorded with who and why in the same transaction. */
@Component
public class AppLifecycle {
    /** What an app may be turned away or suspended for: security alone (42 CFR 422.119(e)), never business. */
    public enum Criterion { MALWARE, CREDENTIAL_LEAK, TRAFFIC_ABUSE, KEY_VERIFICATION_FAILED, CERTIFICATE_EXPIRED, TECHNICAL_REQUIREMENT }

    /** What of a change somebody vouches for whom the plan believes. A trust community vouches for keys: what proves its members is each certificate of theirs. */
    public enum Vouched { NOTHING, KEYS, EVERYTHING }

    /** One thing that happened to an app. */
    public record Event(Instant at, String actor, String action, @Nullable String from, @Nullable String to, @Nullable String criterion,
                        @Nullable String reason) {}

    /** A new app, its first secret if it has one, and the token that manages the registration (RFC 7592). */
    public record Registered(App app, AppSecrets.@Nullable Issued secret, String registrationToken) {}

    private final Apps apps;
    private final AppSecrets secrets;
    private final AppRules rules;
    private final HeldChanges held;
    private final Revocations revocations;
    private final IdentityDatabase database;
    private final SecurityEvents events;
    private final DecisionNotices decisions;
    private final Clock clock;
    private final boolean sandbox;

    AppLifecycle(Apps apps, AppSecrets secrets, AppRules rules, HeldChanges held, Revocations revocations, IdentityDatabase database, SecurityEvents events,
                 DecisionNotices decisions, Clock clock, IdentityProperties properties) {
        this.decisions = decisions;
        this.held = held;
        this.apps = apps;
        this.secrets = secrets;
        this.rules = rules;
        this.revocations = revocations;
        this.database = database;
        this.events = events;
        this.clock = clock;
        this.sandbox = properties.environment() == IdentityProperties.Environment.SANDBOX;
    }

    /** Registers an app. In a sandbox it works at once; in production it waits for its review unless {@code trusted}. */
    public Registered register(AppRequest request, String actor, @Nullable String developerId, boolean trusted) {
        return register(Secrets.id(), request, actor, developerId, trusted);
    }

    /** Registers an app under a client id that the administrator chose. */
    public Registered register(String clientId, AppRequest request, String actor, @Nullable String developerId, boolean trusted) {
        if (!clientId.matches("[A-Za-z0-9._~-]{3,64}")) {
            throw new AppRejected("invalid_client_metadata", "client_id may have 3 to 64 letters, digits and . _ ~ -");
        }
        AppRules.Checked c = rules.check(request);
        boolean works = sandbox || trusted;
        App app = new App(clientId, c.name(), c.kind(), sandbox ? App.Environment.SANDBOX : App.Environment.PRODUCTION,
                works ? App.State.ACTIVE : App.State.PENDING, works ? App.Review.NONE : App.Review.SUBMITTED, c.authMethod(), c.grantTypes(),
                c.scopes(), c.redirectUris(), c.launchUri(), c.jwksUri(), c.jwks(), c.metadata(), c.attestation(), developerId,
                clock.instant(), works ? null : clock.instant(), actor);
        String token = Secrets.random();
        return database.inTransaction(() -> {
            if (apps.find(clientId).isPresent()) {
                throw new AppRejected("invalid_client_metadata", "There is an app with this client_id already.");
            }
            apps.save(app);
            database.sql("update identity.app set registration_token_hash = ? where client_id = ?").params(Secrets.hash(token), clientId).update();
            AppSecrets.Issued secret = app.authMethod().hasSecret() ? secrets.issue(clientId, AppSecrets.LIFE) : null;
            record(clientId, actor, "register", null, app.state().name(), null, null);
            return new Registered(app, secret, token);
        });
    }

    /**
     * Changes what a registration says; the way it proves who it is stays unless the change says so. In a sandbox, of an app that waits for its first review, and where it only takes something away, it does so at once. What else
     * an app in production wants to change waits, all of it, until it is approved, and the app goes on as it was let in.
     *
     * @return the app as it is from now on
     */
    public App update(String clientId, AppRequest request, String actor, Vouched vouched) {
        AppRules.Checked c = rules.check(request);
        return database.inTransaction(() -> {
            App old = locked(clientId);
            if (old.state() == App.State.RETIRED) {
                throw new AppRejected("invalid_request", "This app was ended; register a new one.");
            }
            AppChange change = new AppChange(old, changed(old, c, old.review()));
            App.Review before = held.find(clientId).map(HeldChanges.Held::reviewBefore).orElse(null);
            boolean letIn = before != null || old.state() == App.State.ACTIVE || old.review() == App.Review.APPROVED || old.review() == App.Review.NONE;
            boolean forReview = vouched != Vouched.EVERYTHING && change.isForReview(vouched == Vouched.KEYS);
            if (!sandbox && letIn && forReview) {
                return hold(change, actor, before == null ? old.review() : before);
            }
            return atOnce(change, actor, before, forReview, asksAgain(change, vouched));
        });
    }

    /** An app that registered itself has no page on which to ask again once it was refused: whoever corrects its registration asks by that. Saying the same once more is no question. */
    private static boolean asksAgain(AppChange change, Vouched vouched) {
        App old = change.now();
        return old.developerId() == null && old.state() == App.State.PENDING && old.review() == App.Review.REJECTED
                && change.differences().stream().anyMatch(line -> vouched != Vouched.KEYS || !line.field().equals(AppChange.KEYS));
    }

    private App changed(App old, AppRules.Checked c, App.Review review) {
        if (old.authMethod() != c.authMethod() && (old.authMethod() == App.AuthMethod.NONE || c.authMethod() == App.AuthMethod.NONE)) {
            throw new AppRejected("invalid_client_metadata",
                    "A public app cannot become confidential or the other way round; register a new app.");
        }
        return new App(old.clientId(), c.name(), old.kind(), old.environment(), old.state(), review, c.authMethod(), c.grantTypes(),
                c.scopes(), c.redirectUris(), c.launchUri(), c.jwksUri(), c.jwks(), c.metadata(), c.attestation(), old.developerId(),
                old.createdAt(), old.submittedAt(), old.createdBy());
    }

    private App hold(AppChange change, String actor, App.Review before) {
        held.keep(change.wanted(), actor, clock.instant(), before);
        App app = reviewed(change.now(), App.Review.SUBMITTED, clock.instant());
        apps.save(app);
        record(app.clientId(), actor, "ask-change", before.name(), App.Review.SUBMITTED.name(), null, null);
        return app;
    }

    /** @param before how far the review was before the change that this one takes the place of; null if none waits */
    private App atOnce(AppChange change, String actor, App.@Nullable Review before, boolean forReview, boolean again) {
        App app = change.wanted();
        if (before != null) {
            held.drop(app.clientId());
            app = reviewed(app, before, app.submittedAt());
        } else if (again || app.review() == App.Review.IN_REVIEW && forReview) {
            app = reviewed(app, App.Review.SUBMITTED, clock.instant()); // what was looked at until now is no longer what would be approved
        }
        apps.save(app);
        record(app.clientId(), actor, "update", again ? App.Review.REJECTED.name() : null, again ? App.Review.SUBMITTED.name() : null, null, null);
        return app;
    }

    private static App reviewed(App old, App.Review review, @Nullable Instant submittedAt) {
        return standing(old, old.environment(), old.state(), review, submittedAt);
    }

    private static App approved(App old) {
        return standing(old, App.Environment.PRODUCTION, old.state() == App.State.PENDING ? App.State.ACTIVE : old.state(), App.Review.APPROVED, old.submittedAt());
    }

    private static App standing(App old, App.Environment environment, App.State state, App.Review review, @Nullable Instant submittedAt) {
        return new App(old.clientId(), old.name(), old.kind(), environment, state, review, old.authMethod(), old.grantTypes(),
                old.scopes(), old.redirectUris(), old.launchUri(), old.jwksUri(), old.jwks(), old.metadata(), old.attestation(), old.developerId(),
                old.createdAt(), submittedAt, old.createdBy());
    }

    /** Whether what an app asked to change waits for a decision. */
    public boolean waitsForChange(String clientId) {
        return held.find(clientId).isPresent();
    }

    /** Counts what its registration has said: whoever decides about it names the one that was looked at. */
    public long version(String clientId) {
        return database.sql("select coalesce(max(seq), 0) from identity.app_event where client_id = ? and action in ('register', 'update', 'ask-change')").param(clientId)
                .query(Long.class).single();
    }

    /** Whether {@code token} manages this app's registration. */
    public boolean manages(String clientId, String token) {
        return database.sql("select count(*) from identity.app where client_id = ? and registration_token_hash = ? and state <> 'RETIRED'")
                .params(clientId, Secrets.hash(token)).query(Long.class).single() == 1;
    }

    public AppSecrets.Issued issueSecret(String clientId, String actor) {
        return database.inTransaction(() -> {
            App app = locked(clientId);
            if (app.state() == App.State.RETIRED) {
                throw new AppRejected("invalid_request", "This app was ended; register a new one.");
            }
            if (!app.authMethod().hasSecret()) {
                throw new AppRejected("invalid_request", "This app proves who it is without a secret.");
            }
            AppSecrets.Issued issued = secrets.issue(clientId, AppSecrets.LIFE);
            record(clientId, actor, "issue-secret", null, null, null, "ends with " + issued.secret().substring(issued.secret().length() - 4));
            return issued;
        });
    }

    public void revokeSecret(String clientId, String secretId, String actor) {
        database.inTransaction(() -> {
            if (!secrets.revoke(clientId, secretId)) {
                throw new AppRejected("invalid_request", "This app has no working secret with this id.");
            }
            record(clientId, actor, "revoke-secret", null, null, null, secretId);
        });
    }

    /** The developer asks for production access. */
    public App submit(String clientId, String actor) {
        return review(clientId, actor, App.Review.SUBMITTED, null, null, App.Review.NONE, App.Review.REJECTED);
    }

    /** Also of an app that was refused, whose makers appeal. */
    public App startReview(String clientId, String actor) {
        return review(clientId, actor, App.Review.IN_REVIEW, null, null, App.Review.SUBMITTED, App.Review.REJECTED);
    }

    public App approve(String clientId, String actor, @Nullable String reason) {
        return approve(clientId, actor, reason, null);
    }

    /** @param seen the {@link #version} that was looked at; null for whatever it says now */
    public App approve(String clientId, String actor, @Nullable String reason, @Nullable Long seen) {
        return database.inTransaction(() -> {
            locked(clientId);
            if (seen != null && seen != version(clientId)) {
                throw new AppRejected("invalid_request", "The registration was changed after you looked at it: look at it again, then decide.");
            }
            return review(clientId, actor, App.Review.APPROVED, null, reason, App.Review.SUBMITTED, App.Review.IN_REVIEW);
        });
    }

    public App reject(String clientId, String actor, Criterion criterion, String reason) {
        needReason(reason);
        return review(clientId, actor, App.Review.REJECTED, criterion, reason, App.Review.SUBMITTED, App.Review.IN_REVIEW);
    }

    private App review(String clientId, String actor, App.Review to, @Nullable Criterion criterion, @Nullable String reason, App.Review... from) {
        return database.inTransaction(() -> {
            App old = locked(clientId);
            if (!List.of(from).contains(old.review()) || old.state() == App.State.RETIRED) {
                throw new AppRejected("invalid_request", "The review is " + old.review() + ", the app " + old.state() + "; this step follows " + List.of(from) + " only, and not the end of an app.");
            }
            Optional<HeldChanges.Held> change = held.find(clientId);
            App app = to == App.Review.APPROVED ? approved(change.map(asked -> changed(old, rules.check(ClientMetadata.read(asked.wanted())), old.review())).orElse(old))
                    : reviewed(old, to == App.Review.REJECTED ? change.map(HeldChanges.Held::reviewBefore).orElse(to) : to, to == App.Review.SUBMITTED || old.review() == App.Review.REJECTED ? clock.instant() : old.submittedAt());
            apps.save(app);
            record(clientId, actor, change.isPresent() ? "review-change" : "review", old.review().name(), to.name(), criterion, reason);
            if (to == App.Review.APPROVED || to == App.Review.REJECTED) {
                held.drop(clientId);
                decisions.tell(app, (change.isPresent() ? "its change " : "") + (to == App.Review.APPROVED ? "approved" : "not approved"), criterion, reason);
            }
            return app;
        });
    }

    /** Stops an app: every token of it is refused from now on, on every node. */
    public void suspend(String clientId, String actor, Criterion criterion, String reason) {
        needReason(reason);
        decide(clientId, actor, "suspend", "stopped", App.State.SUSPENDED, criterion, reason, App.State.ACTIVE, App.State.PENDING);
    }

    /** Lets a suspended app work again, or wait for its review again if it was stopped before it had been let in. Its tokens stay ended: members are asked anew. */
    public void resume(String clientId, String actor, String reason) {
        database.inTransaction(() -> {
            boolean approved = locked(clientId).review() == App.Review.APPROVED;
            Optional<Event> stopped = history(clientId).stream().filter(event -> "suspend".equals(event.action())).reduce((earlier, later) -> later);
            boolean waits = !approved && stopped.filter(event -> App.State.PENDING.name().equals(event.from())).isPresent();
            decide(clientId, actor, "resume", waits ? "waits for its review again" : "works again", waits ? App.State.PENDING : App.State.ACTIVE, null, reason, App.State.SUSPENDED);
        });
    }

    /** Ends an app for good. Its record stays, for the evidence. */
    public void retire(String clientId, String actor, String reason) {
        decide(clientId, actor, "retire", "ended", App.State.RETIRED, null, reason, App.State.ACTIVE, App.State.PENDING, App.State.SUSPENDED);
    }

    /**
     * Ends an app in its own name or its developer's. Not a suspended one: whoever registers the same again would be let in by it.
     *
     * @throws AppRejected with {@code access_denied} if it is suspended
     */
    public void end(String clientId, String actor, String reason) {
        if (get(clientId).state() == App.State.SUSPENDED) {
            throw new AppRejected("access_denied", "This app was stopped by the plan, whose staff alone can end it.");
        }
        move(clientId, actor, "retire", App.State.RETIRED, null, reason, App.State.ACTIVE, App.State.PENDING);
    }

    /** What an app was suspended for that was ended without having been resumed. */
    public Optional<Criterion> endedSuspendedFor(String clientId) {
        List<Event> history = history(clientId);
        boolean suspended = history.stream().anyMatch(event -> "retire".equals(event.action()) && App.State.SUSPENDED.name().equals(event.from()));
        return history.stream().filter(event -> suspended && "suspend".equals(event.action())).reduce((earlier, later) -> later)
                .map(event -> Criterion.valueOf(Objects.requireNonNull(event.criterion())));
    }

    private void decide(String clientId, String actor, String action, String told, App.State to, @Nullable Criterion criterion, String reason, App.State... from) {
        database.inTransaction(() -> {
            move(clientId, actor, action, to, criterion, reason, from);
            decisions.tell(get(clientId), told, criterion, reason);
        });
    }

    private void move(String clientId, String actor, String action, App.State to, @Nullable Criterion criterion, String reason, App.State... from) {
        database.inTransaction(() -> {
            App app = locked(clientId);
            if (!List.of(from).contains(app.state())) {
                throw new AppRejected("invalid_request", "The app is " + app.state() + "; this step follows " + List.of(from) + " only.");
            }
            int moved = database.sql("update identity.app set state = ? where client_id = ? and state = ?").params(to.name(), clientId, app.state().name()).update();
            if (moved == 0) {
                throw new AppRejected("invalid_request", "The app changed at the same moment. Look at it again.");
            }
            if (to == App.State.RETIRED) {
                held.drop(clientId);
            }
            if (to != App.State.ACTIVE) {
                revocations.app(clientId, actor, action + ": " + reason);
            }
            record(clientId, actor, action, app.state().name(), to.name(), criterion, reason);
        });
    }

    private App get(String clientId) {
        return apps.find(clientId).orElseThrow(AppLifecycle::unknown);
    }

    private static AppRejected unknown() {
        return new AppRejected("not_found", "There is no app with this client_id.");
    }

    /** As it is until the transaction ends: a change that was read before the app was stopped would let it work again. */
    private App locked(String clientId) {
        return apps.locked(clientId).orElseThrow(AppLifecycle::unknown);
    }

    private static void needReason(String reason) {
        if (reason == null || reason.isBlank()) {
            throw new AppRejected("invalid_request", "Say why: the developer is told, and the record is kept.");
        }
    }

    private void record(String clientId, String actor, String action, @Nullable String from, @Nullable String to, @Nullable Criterion criterion,
                        @Nullable String reason) {
        database.sql("insert into identity.app_event (client_id, actor, action, from_state, to_state, criterion, reason) values (?, ?, ?, ?, ?, ?, ?)")
                .params(java.util.Arrays.asList(clientId, actor, action, from, to, criterion == null ? null : criterion.name(), reason)).update();
        Map<String, String> details = new HashMap<>(Map.of("action", action));
        if (to != null) {
            details.put("state", to);
        }
        if (criterion != null) {
            details.put("criterion", criterion.name());
        }
        events.record(SecurityEvent.Type.APP_CHANGED, true, clientId, actor, null, null, details);
    }

    /** What happened to an app, oldest first. */
    public List<Event> history(String clientId) {
        return database.sql("select * from identity.app_event where client_id = ? order by seq").param(clientId)
                .query((row, n) -> new Event(Objects.requireNonNull(IdentityDatabase.instant(row, "at")), row.getString("actor"),
                        row.getString("action"), row.getString("from_state"), row.getString("to_state"), row.getString("criterion"),
                        row.getString("reason"))).list();
    }

    /** When a review that was asked for at {@code submitted} is due, in working days. */
    public static Instant due(Instant submitted, int workingDays) {
        Instant due = submitted;
        for (int left = workingDays; left > 0; ) {
            due = due.plus(Duration.ofDays(1));
            int day = due.atOffset(java.time.ZoneOffset.UTC).getDayOfWeek().getValue();
            left -= day < 6 ? 1 : 0;
        }
        return due;
    }
}
