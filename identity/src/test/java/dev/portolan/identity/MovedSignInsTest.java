package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.Accounts.NewAccount;
import dev.portolan.identity.account.MovedSignIns;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.token.AccessToken;
import dev.portolan.identity.token.AccessTokens;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A member's record went to another's: who signs in for the one acts for the other, with the apps, and for the one again when they are parted. */
class MovedSignInsTest {
    private static final String SCOPE = "openid fhirUser launch/patient patient/*.rs offline_access";
    private static IdentityServer server;
    private static int couples;
    private Account ann;
    private Account bea;
    private Account carer;
    private SmartApp app;

    @BeforeAll
    static void start() {
        server = IdentityServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** Ann stays, Bea goes; a third person acts for Bea. */
    @BeforeEach
    void couple() {
        couples++;
        Accounts accounts = server.bean(Accounts.class);
        ann = accounts.add(NewAccount.member("ann" + couples, Personas.PASSWORD, "Ann Vega", "stays-" + couples));
        bea = accounts.add(NewAccount.member("bea" + couples, Personas.PASSWORD, "Bea Vega", "goes-" + couples));
        carer = accounts.add(NewAccount.member("carer" + couples, Personas.PASSWORD, "Carl Carer", "carer-" + couples));
        accounts.addRepresentation(carer.id(), new Accounts.Represented("goes-" + couples, "Bea Vega", "caregiver", "RelatedPerson/carer"), null);
        app = Personas.publicApp(server);
    }

    private static void move() {
        server.bean(MovedSignIns.class).move("goes-" + couples, "stays-" + couples, "otto");
    }

    private static void giveBack() {
        server.bean(MovedSignIns.class).giveBack("goes-" + couples, "otto");
    }

    private static Account now(Account account) {
        return server.bean(Accounts.class).find(account.id()).orElseThrow();
    }

    private static Optional<AccessToken> resolved(SmartApp.Answer token) {
        return server.bean(AccessTokens.class).resolve(token.text("access_token"));
    }

    private static Browser signedIn(Account who) {
        Browser browser = new Browser(server.url);
        browser.signIn(who.username(), Personas.PASSWORD);
        return browser;
    }

    private SmartApp.Answer letIn(Account who, String... more) {
        Browser browser = signedIn(who);
        Browser.Page consent = app.consentPage(browser, app.request(SCOPE));
        return app.redeem(app.allow(browser, consent, more).query().get("code"));
    }

    @Test
    void edi11_an_account_acts_for_the_survivor_while_the_merge_stands_and_for_its_own_member_again_after_it() {
        assertThat(now(bea).patient()).isEqualTo("goes-" + couples);
        move();
        assertThat(now(bea)).satisfies(moved -> {
            assertThat(moved.patient()).isEqualTo("stays-" + couples);
            assertThat(moved.fhirUser()).isEqualTo("Patient/stays-" + couples);
        });
        assertThat(server.bean(Accounts.class).findByUsername("bea" + couples).orElseThrow().patient()).isEqualTo("stays-" + couples);
        assertThat(server.bean(Accounts.class).patientsOf(now(carer))).extracting(Accounts.Represented::patient).containsExactly("carer-" + couples, "stays-" + couples);
        assertThat(now(ann)).isEqualTo(ann);
        giveBack();
        assertThat(now(bea)).isEqualTo(bea);
        assertThat(server.bean(Accounts.class).patientsOf(carer)).extracting(Accounts.Represented::patient).containsExactly("carer-" + couples, "goes-" + couples);
    }

    @Test
    void edi11_a_token_stays_what_its_app_was_told_and_the_next_one_is_for_the_survivor_and_says_so() {
        SmartApp.Answer before = letIn(bea);
        move();
        assertThat(resolved(before).orElseThrow().patient()).isEqualTo("goes-" + couples);
        SmartApp.Answer while_ = app.refresh(before.text("refresh_token"));
        assertThat(while_.status()).isEqualTo(200);
        assertThat(while_.json()).containsEntry("patient", "stays-" + couples);
        assertThat(resolved(while_).orElseThrow()).satisfies(token -> {
            assertThat(token.patient()).isEqualTo("stays-" + couples);
            assertThat(token.fhirUser()).isEqualTo("Patient/stays-" + couples);
            assertThat(token.relation()).as("the member").isNull();
        });
        giveBack();
        assertThat(resolved(while_)).as("it was for the other's record").isEmpty();
        SmartApp.Answer after = app.refresh(while_.text("refresh_token"));
        assertThat(after.json()).containsEntry("patient", "goes-" + couples);
        assertThat(resolved(after).orElseThrow().patient()).isEqualTo("goes-" + couples);
        assertThat(resolved(after).orElseThrow().fhirUser()).isEqualTo("Patient/goes-" + couples);
    }

    @Test
    void edi11_what_was_let_in_meanwhile_for_the_survivor_ends_when_they_are_parted_and_the_survivors_own_does_not() {
        SmartApp.Answer own = letIn(ann);
        move();
        SmartApp.Answer meanwhile = letIn(bea);
        SmartApp.Answer carers = letIn(carer, "patient", "stays-" + couples);
        for (SmartApp.Answer answer : List.of(own, meanwhile, carers)) {
            assertThat(answer.json()).containsEntry("patient", "stays-" + couples);
            assertThat(resolved(answer).orElseThrow().patient()).isEqualTo("stays-" + couples);
        }
        assertThat(resolved(carers).orElseThrow().relation()).isEqualTo("caregiver");
        giveBack();
        assertThat(resolved(own).orElseThrow().patient()).isEqualTo("stays-" + couples);
        assertThat(resolved(meanwhile)).isEmpty();
        assertThat(resolved(carers)).isEmpty();
        assertThat(app.refresh(meanwhile.text("refresh_token")).status()).isEqualTo(400);
        assertThat(app.refresh(carers.text("refresh_token")).status()).isEqualTo(400);
        assertThat(app.refresh(own.text("refresh_token")).status()).isEqualTo(200);
    }

    @Test
    void edi11_the_survivor_sees_and_ends_what_the_other_sign_in_let_in_and_a_representation_ends_under_either_name() {
        SmartApp.Answer before = letIn(bea);
        SmartApp.Answer carers = letIn(carer, "patient", "goes-" + couples);
        move();
        assertThat(signedIn(ann).get("/my-apps").body()).contains("Bea Vega", "Carl Carer");
        SmartApp.Answer later = app.refresh(carers.text("refresh_token"));
        server.bean(Accounts.class).endRepresentation(carer.id(), "stays-" + couples, "otto");
        assertThat(resolved(later)).isEmpty();
        assertThat(app.refresh(later.text("refresh_token")).status()).isEqualTo(400);
        assertThat(resolved(before)).as("the member's own").isPresent();
        giveBack();
        assertThat(signedIn(ann).get("/my-apps").body()).doesNotContain("Bea Vega");
        assertThat(server.bean(Accounts.class).patientsOf(carer)).extracting(Accounts.Represented::patient).containsExactly("carer-" + couples);
    }

    @Test
    void edi11_staff_are_told_who_signs_in_and_the_trail_is_told_who_was_moved_and_given_back() {
        letIn(bea);
        assertThat(server.bean(MovedSignIns.class).of("goes-" + couples)).extracting(signIn -> signIn.username() + " " + signIn.relation() + " " + signIn.apps())
                .containsExactly("bea" + couples + " null 1", "carer" + couples + " caregiver 0");
        assertThat(server.bean(MovedSignIns.class).of("nobody-at-all")).isEmpty();
        move();
        giveBack();
        giveBack(); // there is nothing to give back: nothing happens
        List<SecurityEvent> told = server.events().of(SecurityEvent.Type.ACCOUNT_CHANGED).stream().filter(event -> event.details().getOrDefault("from", "").endsWith("-" + couples)).toList();
        assertThat(told).extracting(event -> event.details().get("action") + " " + event.details().get("account") + " " + event.patient() + " " + event.actor()).containsExactly(
                "sign-in-moved " + bea.id() + " stays-" + couples + " otto", "sign-in-moved " + carer.id() + " stays-" + couples + " otto",
                "sign-in-given-back " + bea.id() + " goes-" + couples + " otto", "sign-in-given-back " + carer.id() + " goes-" + couples + " otto");
    }
}
