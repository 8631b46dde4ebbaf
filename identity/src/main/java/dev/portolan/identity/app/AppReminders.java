package dev.portolan.identity.app;

import dev.portolan.identity.HourlyTask;
import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.event.Notices;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Reminds developers 60, 30 and 7 days ahead that a secret ends, and once a year that their registration wants confirming. Nothing is cut off
 * for want of an answer. Every node looks, and the database lets each reminder out once.
 */
@Component
class AppReminders implements HourlyTask {
    private static final Logger LOG = LoggerFactory.getLogger(AppReminders.class);
    private static final int[] DAYS_AHEAD = {60, 30, 7};
    private static final Duration CONFIRM_EVERY = Duration.ofDays(365);

    private final IdentityDatabase database;
    private final Notices notices;
    private final Clock clock;

    AppReminders(IdentityDatabase database, Notices notices, Clock clock) {
        this.database = database;
        this.notices = notices;
        this.clock = clock;
    }

    private record Due(String clientId, String appName, String about, LocalDate date, List<String> addresses, String text) {}

    @Override
    public String name() {
        return "the reminding of developers";
    }

    @Override
    public void run(Instant now) {
        sendDue(now);
    }

    /** Sends what is due at {@code now}; returns how many reminders went out. */
    int sendDue(Instant now) {
        int sent = 0;
        List<Due> all = new ArrayList<>(secrets());
        all.addAll(confirmations());
        LocalDate today = now.atOffset(ZoneOffset.UTC).toLocalDate();
        for (Due due : all) {
            for (int days : DAYS_AHEAD) {
                sent += !today.plusDays(days).isBefore(due.date()) && send(due, days) ? 1 : 0;
            }
        }
        return sent;
    }

    /** A reminder that the mail did not take is sent in an hour; the others do not wait for it. */
    private boolean send(Due due, int days) {
        try {
            return database.inTransaction(() -> {
                boolean first = first(due, days);
                if (first) {
                    due.addresses().forEach(address -> notices.send(address, due.appName() + ": " + due.about().split(":")[0] + " by " + due.date(), due.text()));
                }
                return first;
            });
        } catch (RuntimeException e) {
            // A message of the mail may quote an address.
            LOG.warn("a reminder of the app {} was not sent ({}) and is tried again in an hour", due.clientId(), e.getClass().getName());
            return false;
        }
    }

    private boolean first(Due due, int days) {
        return database.sql("insert into identity.app_reminder (client_id, about, due, days) values (?, ?, ?, ?) on conflict do nothing")
                .params(due.clientId(), due.about(), due.date(), days).update() == 1;
    }

    private List<Due> secrets() {
        return due("s.expires_at", "join identity.app_secret s on s.client_id = a.client_id and s.revoked_at is null", "'renew the secret:' || s.id",
                "A secret of this app ends on that day. Issue a new one beside it, put it in place, then revoke the old one.", Duration.ZERO);
    }

    private List<Due> confirmations() {
        return due("a.confirmed_at", "", "'confirm the registration:'", "Please look through the registration of this app and confirm it.", CONFIRM_EVERY);
    }

    /** The pieces of SQL are this class's own constants. */
    private List<Due> due(String date, String join, String about, String text, Duration after) {
        return database.sql("select a.client_id, a.name, d.email, array(select jsonb_array_elements_text(a.metadata -> 'contacts')) as contacts, "
                + date + " as due, " + about + " as about from identity.app a " + join
                + " left join identity.account d on d.id = a.developer_id where a.state in ('ACTIVE', 'PENDING', 'SUSPENDED')")
                .query((row, n) -> {
                    List<String> addresses = new ArrayList<>(IdentityDatabase.texts(row, "contacts"));
                    if (row.getString("email") != null && !addresses.contains(row.getString("email"))) {
                        addresses.add(row.getString("email"));
                    }
                    LocalDate day = row.getTimestamp("due").toInstant().plus(after).atOffset(ZoneOffset.UTC).toLocalDate();
                    return new Due(row.getString("client_id"), row.getString("name"), row.getString("about"), day, addresses, text);
                }).list();
    }

    /** The developer looked through the registration. */
    void confirm(String clientId) {
        database.sql("update identity.app set confirmed_at = ? where client_id = ?").params(IdentityDatabase.at(clock.instant()), clientId).update();
    }
}
