package dev.portolan.identity.app;

import dev.portolan.identity.account.Account;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;

/** What a developer may do with the apps that are the developer's own. */
@Component
class DeveloperApps {
    private final Apps apps;
    private final AppLifecycle lifecycle;
    private final AppSecrets secrets;
    private final ContactVerification verification;
    private final AppReminders reminders;
    private final AppReads reads;
    private final AppStatus status;
    private final SoftwareStatements statements;

    DeveloperApps(Apps apps, AppLifecycle lifecycle, AppSecrets secrets, ContactVerification verification, AppReminders reminders, AppReads reads, AppStatus status, SoftwareStatements statements) {
        this.statements = statements;
        this.status = status;
        this.reads = reads;
        this.reminders = reminders;
        this.apps = apps;
        this.lifecycle = lifecycle;
        this.secrets = secrets;
        this.verification = verification;
    }

    List<App> list(Account developer) {
        reads.seen(developer, null, "list");
        return apps.ofDeveloper(developer.id());
    }

    /** The app itself. */
    App read(Account developer, String clientId) {
        App app = get(developer, clientId);
        reads.seen(developer, clientId, "app");
        return app;
    }

    /** All that a page shows of an app. */
    Whole whole(Account developer, String clientId) {
        App app = get(developer, clientId);
        reads.seen(developer, clientId, "all");
        return new Whole(app, secrets.list(clientId), lifecycle.history(clientId), status.differences(app));
    }

    /** @param changes what it has asked to change and waits for a decision */
    record Whole(App app, List<AppSecrets.Listed> secrets, List<AppLifecycle.Event> history, List<AppChange.Difference> changes) {}

    private App get(Account developer, String clientId) {
        return apps.find(clientId).filter(a -> developer.id().equals(a.developerId())).orElseThrow(() -> {
            reads.refused(developer, clientId);
            return new AppRejected("not_found", "You have no app with this client_id.");
        });
    }

    AppLifecycle.Registered register(Account developer, AppRequest request) {
        if (developer.kind() != Account.Kind.DEVELOPER) {
            throw new AppRejected("invalid_request", "Apps are registered with a developer's account; join at /developers.");
        }
        return lifecycle.register(DynamicRegistration.openToAll(request), developer.id(), developer.id(), false);
    }

    App update(Account developer, String clientId, AppRequest request) {
        get(developer, clientId);
        return lifecycle.update(clientId, DynamicRegistration.openToAll(request), developer.id(), AppLifecycle.Vouched.NOTHING);
    }

    /** The app as it has asked to be. */
    App wanted(App app) {
        return status.wanted(app);
    }

    /**
     * Changes an app by what the form says of it.
     *
     * @return whether the change waits for a decision
     */
    boolean change(Account developer, App app, Map<String, Object> form) {
        update(developer, app.clientId(), ClientMetadata.read(statements.apply(AppForm.keeping(app, form))));
        return lifecycle.waitsForChange(app.clientId());
    }

    void retire(Account developer, String clientId) {
        get(developer, clientId);
        lifecycle.end(clientId, developer.id(), "retired by its developer");
    }

    App submit(Account developer, String clientId) {
        get(developer, clientId);
        if (!verification.isVerified(developer.id())) {
            throw new AppRejected("invalid_request", "Confirm your e-mail address first, by the link that was sent to you. Under My apps you can have a new one made.");
        }
        return lifecycle.submit(clientId, developer.id());
    }

    void confirm(Account developer, String clientId) {
        get(developer, clientId);
        reminders.confirm(clientId);
    }

    List<AppLifecycle.Event> history(Account developer, String clientId) {
        get(developer, clientId);
        reads.seen(developer, clientId, "history");
        return lifecycle.history(clientId);
    }

    List<AppSecrets.Listed> secrets(Account developer, String clientId) {
        get(developer, clientId);
        reads.seen(developer, clientId, "secrets");
        return secrets.list(clientId);
    }

    AppSecrets.Issued issueSecret(Account developer, String clientId) {
        get(developer, clientId);
        return lifecycle.issueSecret(clientId, developer.id());
    }

    void revokeSecret(Account developer, String clientId, String secretId) {
        get(developer, clientId);
        lifecycle.revokeSecret(clientId, secretId, developer.id());
    }
}
