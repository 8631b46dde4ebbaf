package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.RemindersForTests;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Developers are reached: their address is confirmed, and they are reminded in time. */
class ContactTest {

    @Test
    void reg13_developers_confirm_their_address_and_are_reminded_once_of_what_ends() {
        try (IdentityServer server = IdentityServer.start()) {
            RecordedNotices notices = server.bean(RecordedNotices.class);
            Browser browser = new Browser(server.url);
            Browser.Page form = browser.get("/developers/join");
            browser.post("/developers/join", "_csrf", form.field("_csrf"), "email", "eli@blueharbor.example", "password", Personas.PASSWORD, "name", "Eli", "organization", "");
            String text = notices.to("eli@blueharbor.example").get(0).text();
            String link = text.substring(text.indexOf("http"));
            assertThat(browser.get(link).body()).contains("is confirmed");
            assertThat(browser.get(link).body()).as("a link works once").contains("does not work");

            AppLifecycle.Registered registered = Personas.register(server,
                    Personas.asks("Blue Harbor", "client_secret_basic", List.of("authorization_code"), null, null, null));
            Instant now = Instant.now();
            assertThat(RemindersForTests.sendDue(server.context, now)).isZero();
            notices.away(true);
            assertThat(RemindersForTests.sendDue(server.context, now.plus(Duration.ofDays(310)))).as("without mail").isZero();
            notices.away(false);
            assertThat(RemindersForTests.sendDue(server.context, now.plus(Duration.ofDays(310)))).as("secret and registration, 60 days ahead").isEqualTo(2);
            assertThat(RemindersForTests.sendDue(server.context, now.plus(Duration.ofDays(311)))).as("once").isZero();
            assertThat(RemindersForTests.sendDue(server.context, now.plus(Duration.ofDays(336)))).isEqualTo(2);
            assertThat(notices.to("dev@blueharbor.example")).hasSize(4).anyMatch(m -> m.subject().contains("renew the secret"));
            assertThat(registered.app().metadata().contacts()).containsExactly("dev@blueharbor.example");
        }
    }

    @Test
    void reg03_reg05_who_made_an_app_is_told_what_was_decided_about_it_and_why() {
        try (IdentityServer server = IdentityServer.start("--portolan.identity.environment=PRODUCTION")) {
            RecordedNotices notices = server.bean(RecordedNotices.class);
            AppLifecycle lifecycle = server.bean(AppLifecycle.class);
            Account ann = server.bean(Accounts.class).add(Accounts.NewAccount.developer("ann@blueharbor.example", Personas.PASSWORD, "Ann", "ann@blueharbor.example", "Blue Harbor"));
            String id = lifecycle.register(Personas.asks("Blue Harbor", "none", List.of("authorization_code"), null, null, null), ann.id(), ann.id(), false).app().clientId();
            lifecycle.reject(id, "grace", AppLifecycle.Criterion.KEY_VERIFICATION_FAILED, "its keys do not verify");
            lifecycle.submit(id, ann.id());
            notices.away(true);
            lifecycle.approve(id, "grace", "checks passed");
            notices.away(false);
            lifecycle.suspend(id, "grace", AppLifecycle.Criterion.MALWARE, "found some");
            lifecycle.resume(id, "grace", "it is clean");
            lifecycle.end(id, ann.id(), "retired by its developer");
            assertThat(notices.to("ann@blueharbor.example")).extracting(RecordedNotices.Message::subject)
                    .containsExactly("Blue Harbor: not approved", "Blue Harbor: approved", "Blue Harbor: stopped", "Blue Harbor: works again");
            assertThat(notices.to("dev@blueharbor.example")).as("the contacts, too; a message that does not go out holds up no decision").hasSize(3);
            assertThat(notices.to("ann@blueharbor.example").get(0).text()).contains(id, "key verification failed", "its keys do not verify");
        }
    }

    @Test
    void attack_joining_does_not_tell_who_has_an_account() {
        try (IdentityServer server = IdentityServer.start()) {
            Browser.Page first = join(server, "fay@blueharbor.example", Personas.PASSWORD);
            Browser.Page second = join(server, "Fay@blueharbor.example", "another password altogether");
            assertThat(second.status()).isEqualTo(first.status());
            assertThat(second.location()).isEqualTo(first.location());
            assertThat(second.body()).isEqualTo(first.body());
            assertThat(server.bean(RecordedNotices.class).to("fay@blueharbor.example")).as("the owner is told").hasSize(2).anyMatch(m -> m.subject().contains("already"));
            assertThat(new Browser(server.url).signIn("fay@blueharbor.example", "another password altogether").location()).endsWith("/sign-in?failed");
            assertThat(new Browser(server.url).signIn("fay@blueharbor.example", Personas.PASSWORD).location()).isEqualTo(server.url + "/");
        }
    }

    private static Browser.Page join(IdentityServer server, String email, String password) {
        Browser browser = new Browser(server.url);
        return browser.post("/developers/join", "_csrf", browser.get("/developers/join").field("_csrf"), "email", email, "password", password, "name", "Fay", "organization", "");
    }
}
