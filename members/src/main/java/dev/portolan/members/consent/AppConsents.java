package dev.portolan.members.consent;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.members.consent.ConsentRequests.Person;
import dev.portolan.members.consent.Preference.Decision;
import dev.portolan.members.consent.Preference.Kind;
import dev.portolan.members.consent.Preference.Recorded;
import dev.portolan.members.consent.Preferences.Choice;
import dev.portolan.members.consent.Preferences.Making;
import dev.portolan.store.Grant;
import dev.portolan.store.GrantRefusedException;
import dev.portolan.store.ReadResult;
import dev.portolan.store.WriteTransaction;
import dev.portolan.store.WriteTransaction.Written;
import java.time.Clock;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Decisions that a member, or who acts for one, makes in an app: as the member's own page would record them, with the app as the way. An app can not widen what it sees itself: what is held back from apps
 * can be made more by this way, and is given free on the member's own page alone.
 */
public final class AppConsents {

    private static final String METHOD = "app";

    private final Preferences preferences;
    private final ConsentRequests requests;
    private final Accounts accounts;
    private final Clock clock;

    public AppConsents(Preferences preferences, ConsentRequests requests, Accounts accounts, Clock clock) {
        this.preferences = preferences;
        this.requests = requests;
        this.accounts = accounts;
        this.clock = clock;
    }

    /**
     * @param id of the Consent that is changed; null for a decision that takes the place of whatever stood about the same
     * @param precondition looks at the Consent that stands, locked
     * @throws IllegalArgumentException with a sentence, if the Consent is none of the decisions that there are
     * @throws GrantRefusedException if the token's person decides nothing for this member
     */
    public <R> R write(Grant grant, @Nullable String id, JsonDocument body, Consumer<ReadResult> precondition, BiFunction<WriteTransaction, Written, R> beforeCommit) {
        ConsentDocument consent = ConsentDocument.read(body, clock.instant());
        Account account = account(grant);
        boolean reached = grant.members() instanceof Grant.Members.Only only && only.patientIds().size() == 1 && consent.patient().equals("Patient/" + only.patientIds().iterator().next());
        String patient = reached ? consent.patient().substring("Patient/".length()) : "";
        Person person = reached ? requests.person(account, patient).orElseThrow(AppConsents::notTheirs) : refused();
        Choice choice = new Choice(person.patient(), consent.kind(), consent.app(), consent.decision(), consent.categories(), consent.until());
        requests.check(account, person, choice);
        Recorded by = new Recorded(account.id(), person.relation(), METHOD, "en");
        return preferences.record(choice, by, new Making<>() {
            @Override
            public void check(@Nullable Preference before) {
                if (id != null && (before == null || !PreferenceRecord.id(before).equals(id))) {
                    throw new GrantRefusedException("There is no decision with this id that this one could take the place of; write it by POST.");
                }
                refuseWidening(choice, before);
            }

            @Override
            public void check(ReadResult present) {
                precondition.accept(present);
            }

            @Override
            public R beforeCommit(Preference now, WriteTransaction transaction, Written written) {
                return beforeCommit.apply(transaction, written);
            }
        });
    }

    /** Members and those who act for them; the plan's staff and programs have ways of their own. */
    private Account account(Grant grant) {
        return grant.user() == null ? refused() : accounts.find(grant.user()).filter(account -> account.kind() != Account.Kind.STAFF).orElseThrow(AppConsents::notTheirs);
    }

    private static void refuseWidening(Choice choice, @Nullable Preference before) {
        if (choice.kind() == Kind.APP && choice.decision() == Decision.PERMIT) {
            throw new IllegalArgumentException("an app is let in again by the member, on the member's own page");
        }
        Set<?> held = before == null || before.decision() == Decision.PERMIT ? Set.of() : before.categories();
        if (choice.kind() == Kind.SENSITIVE && !choice.categories().containsAll(held)) {
            throw new IllegalArgumentException("what the member holds back now must be among provision.securityLabel: it is given free on the member's own page alone");
        }
    }

    private static <T> T refused() {
        throw notTheirs();
    }

    private static GrantRefusedException notTheirs() {
        return new GrantRefusedException("With this access nothing is decided for this member.");
    }
}
