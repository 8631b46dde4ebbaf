package dev.portolan.identity.app;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.event.Notices;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Tells whoever made an app what was decided about it, and why, once the decision is kept. It stands whether or not the message goes out: the app's page and history say the same. */
@Component
final class DecisionNotices {
    private static final Logger LOG = LoggerFactory.getLogger(DecisionNotices.class);

    private final IdentityDatabase database;
    private final Notices notices;

    DecisionNotices(IdentityDatabase database, Notices notices) {
        this.database = database;
        this.notices = notices;
    }

    /** Within the transaction of the decision. */
    void tell(App app, String decision, AppLifecycle.@Nullable Criterion criterion, @Nullable String reason) {
        Set<String> addresses = new LinkedHashSet<>(app.metadata().contacts());
        if (app.developerId() != null) {
            addresses.addAll(database.sql("select email from identity.account where id = ? and email is not null").param(app.developerId()).query(String.class).list());
        }
        String subject = app.name() + ": " + decision;
        String text = "The plan decided about the app " + app.name() + " (client_id " + app.clientId() + "): " + decision + "."
                + (criterion == null ? "" : " Criterion: " + criterion.name().toLowerCase(Locale.ROOT).replace('_', ' ') + ".") + (reason == null || reason.isBlank() ? "" : " Reason: " + reason);
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                addresses.forEach(address -> send(app.clientId(), address, subject, text));
            }
        });
    }

    private void send(String clientId, String address, String subject, String text) {
        try {
            notices.send(address, subject, text);
        } catch (RuntimeException e) {
            // A message of the mail may quote an address.
            LOG.warn("a decision about the app {} was not sent to one of its addresses ({})", clientId, e.getClass().getName());
        }
    }
}
