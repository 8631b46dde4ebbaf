package dev.portolan.identity.account;

import static dev.portolan.identity.IdentityDatabase.array;
import static dev.portolan.identity.IdentityDatabase.texts;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.NulCharacter;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.key.Secrets;
import dev.portolan.identity.key.Vault;
import dev.portolan.identity.token.Revocations;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Component;

/** The built-in directory: for sandboxes, small plans, staff and developers. */
@Component
public class Accounts {
    /** bcrypt reads no more than 72 bytes; a longer password would be cut without a word. */
    static final int LONGEST_PASSWORD = 72;
    static final int SHORTEST_PASSWORD = 10;

    /** Whoever signed in as a member who was merged acts for the survivor ({@link MovedSignIns}). */
    private static final String ACCOUNT = "select a.*, coalesce(m.survivor, a.patient) as acts_for from identity.account a left join identity.moved_patient m on m.merged = a.patient where a.enabled and ";

    private final IdentityDatabase database;
    private final Vault vault;
    private final Revocations revocations;
    private final SecurityEvents events;
    private final Guardianship guardianship;
    private final PasswordEncoder passwords = new BCryptPasswordEncoder(10);

    Accounts(IdentityDatabase database, Vault vault, Revocations revocations, SecurityEvents events, Guardianship guardianship) {
        this.guardianship = guardianship;
        this.events = events;
        this.revocations = revocations;
        this.database = database;
        this.vault = vault;
    }

    /** A person to be added; without a password the person signs in with the plan's own provider only. */
    public record NewAccount(String username, @Nullable String password, Account.Kind kind, String displayName, @Nullable String email,
                             @Nullable String organization, @Nullable String patient, @Nullable String fhirUser, List<String> roles) {

        public static NewAccount member(String username, String password, String displayName, String patient) {
            return new NewAccount(username, password, Account.Kind.MEMBER, displayName, null, null, patient, "Patient/" + patient, List.of());
        }

        public static NewAccount staff(String username, String password, String displayName, @Nullable String fhirUser, String... roles) {
            return new NewAccount(username, password, Account.Kind.STAFF, displayName, null, null, null, fhirUser, List.of(roles));
        }

        public static NewAccount developer(String username, String password, String displayName, String email, String organization) {
            return new NewAccount(username, password, Account.Kind.DEVELOPER, displayName, email, organization, null, null, List.of());
        }
    }

    /**
     * A member whom a person may act for; of one's own record, oneself.
     *
     * @param fhirUser who the person is in this member's record, {@code RelatedPerson/1}: what apps are told as {@code fhirUser}. Null if nobody stands there; apps are not told then
     */
    public record Represented(String patient, String displayName, String relation, @Nullable String fhirUser) {}

    /** Not to be shown to whoever asks for a name: it tells who has an account here. */
    public static final class NameTaken extends IllegalArgumentException {
        NameTaken() {
            super("There is an account with this name already.");
        }
    }

    /** @throws IllegalArgumentException if the name is taken ({@link NameTaken}) or the password is too short or too long, with a sentence that says so */
    public Account add(NewAccount n) {
        checkPassword(n.password());
        Account account = new Account(Secrets.id(), n.username().strip(), n.kind(), n.displayName(), n.email(), n.organization(), n.patient(),
                n.fhirUser(), n.roles());
        database.inTransaction(() -> {
            int added = database.sql("""
                    insert into identity.account (id, username, kind, password_hash, display_name, email, organization, patient, fhir_user, roles)
                    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing""")
                    .params(Arrays.asList(account.id(), account.username(), account.kind().name(),
                            n.password() == null ? null : passwords.encode(n.password()), account.displayName(), account.email(),
                            account.organization(), account.patient(), account.fhirUser(), array(account.roles()))).update();
            if (added == 0) {
                throw new NameTaken();
            }
            changed(account.id(), account.id(), account.patient(), Map.of("action", "add", "kind", account.kind().name()));
        });
        return account;
    }

    /** Gives a person another password: the one before is worth nothing any more, nor is a session that began with it, and what was tried with it counts no longer. */
    public void setPassword(String accountId, String password) {
        checkPassword(password);
        database.inTransaction(() -> {
            database.sql("update identity.account set password_hash = ?, password_set_at = ?, failed_attempts = 0, locked_until = null where id = ?")
                    .params(passwords.encode(password), IdentityDatabase.at(Instant.now()), accountId).update();
            changed(accountId, accountId, null, Map.of("action", "password"));
        });
    }

    static void checkPassword(@Nullable String password) {
        if (password != null && (password.length() < SHORTEST_PASSWORD || password.getBytes(StandardCharsets.UTF_8).length > LONGEST_PASSWORD)) {
            throw new IllegalArgumentException("A password has " + SHORTEST_PASSWORD + " to " + LONGEST_PASSWORD + " characters.");
        }
    }

    /** Lets a person act for a member, from now on until the end that is given: apps that the person let in see nothing after it. */
    public void addRepresentation(String accountId, Represented represented, @Nullable Instant until) {
        database.inTransaction(() -> {
            database.sql("""
                    insert into identity.representation (account_id, patient, display_name, relation, fhir_user, valid_until) values (?, ?, ?, ?, ?, ?)
                    on conflict (account_id, patient) do update set display_name = excluded.display_name, relation = excluded.relation,
                      fhir_user = excluded.fhir_user, valid_until = excluded.valid_until""")
                    .params(Arrays.asList(accountId, represented.patient(), represented.displayName(), represented.relation(), represented.fhirUser(),
                            IdentityDatabase.atOrNull(until))).update();
            revocations.reconsider(accountId, represented.patient());
            changed(accountId, accountId, represented.patient(), Map.of("action", "represent", "relation", represented.relation()));
        });
    }

    /** Ends it: the person acts for the member no longer, and neither do the apps that the person let in for the member. */
    public void endRepresentation(String accountId, String patient, String actor) {
        database.inTransaction(() -> {
            // Under the name of a member who was merged into this one, too: it is the same person's.
            database.sql("delete from identity.representation where account_id = ? and (patient = ? or patient in (select merged from identity.moved_patient where survivor = ?)) returning patient")
                    .params(accountId, patient, patient).query(String.class).list().forEach(under -> revocations.representation(accountId, under, actor));
            revocations.representation(accountId, patient, actor);
            changed(accountId, actor, patient, Map.of("action", "end-representation"));
        });
    }

    public Optional<Account> find(String id) {
        return database.sql(ACCOUNT + "a.id = ?").param(id).query(Accounts::account).optional();
    }

    /** The same, if the person signed in since the password was set. */
    public Optional<Account> find(String id, Instant signedIn) {
        return database.sql(ACCOUNT + "a.id = ? and (a.password_set_at is null or a.password_set_at <= ?)").params(id, IdentityDatabase.at(signedIn)).query(Accounts::account).optional();
    }

    public Optional<Account> findByUsername(String username) {
        // A name in HTTP Basic is decoded long after the parameters were looked at.
        return NulCharacter.isIn(username) ? Optional.empty()
                : database.sql(ACCOUNT + "lower(a.username) = lower(?)").param(username.strip()).query(Accounts::account).optional();
    }

    Optional<Account> findByExternal(String issuer, String subject) {
        return database.sql(ACCOUNT + "a.external_issuer = ? and a.external_subject = ?")
                .params(issuer, subject).query(Accounts::account).optional();
    }

    void linkExternal(String accountId, String issuer, String subject) {
        database.sql("update identity.account set external_issuer = ?, external_subject = ? where id = ?")
                .params(issuer, subject, accountId).update();
    }

    /** Whose data a person may show to an app: the person's own first, then those whom the person still represents. */
    public List<Represented> patientsOf(Account account) {
        List<Represented> people = new ArrayList<>();
        if (account.patient() != null) {
            people.add(new Represented(account.patient(), account.displayName(), "self", account.fhirUser()));
        }
        Set<String> known = new HashSet<>(people.stream().map(Represented::patient).toList());
        database.sql("""
                select coalesce(m.survivor, r.patient), r.display_name, r.relation, r.fhir_user from identity.representation r left join identity.moved_patient m on m.merged = r.patient
                where r.account_id = ? and (r.valid_until is null or r.valid_until > now()) order by r.display_name, m.survivor nulls first""").param(account.id())
                .query((row, n) -> new Represented(row.getString(1), row.getString(2), row.getString(3), row.getString(4))).list()
                .stream().filter(represented -> known.add(represented.patient()) && guardianship.actsFor(represented.relation(), represented.patient())).forEach(people::add);
        return people;
    }

    /** Closes an account: nobody signs in with it, and what it let in ends. */
    public void close(String accountId, String actor) {
        database.inTransaction(() -> {
            database.sql("update identity.account set enabled = false where id = ?").param(accountId).update();
            revocations.principal(accountId, actor, "the account was closed");
            changed(accountId, actor, null, Map.of("action", "close"));
        });
    }

    /** Makes a one-time-password seed for an account and turns the second factor on. Returns the seed, to be shown once. */
    public byte[] enrolSecondFactor(String accountId) {
        byte[] seed = TimeBasedOneTimePassword.newSeed();
        setSecondFactor(accountId, seed);
        return seed;
    }

    void setSecondFactor(String accountId, byte[] seed) {
        database.inTransaction(() -> {
            database.sql("update identity.account set totp_secret = ?, totp_last_step = null where id = ?").params(vault.seal(seed), accountId).update();
            changed(accountId, accountId, null, Map.of("action", "second-factor"));
        });
    }

    boolean hasSecondFactor(String accountId) {
        return seed(accountId).isPresent();
    }

    /**
     * Takes a second factor away that was lost: whoever has the account's password sets up the next one. Its sessions elsewhere go on.
     *
     * @return whether there was one
     */
    boolean resetSecondFactor(String accountId, String actor, String reason) {
        return database.inTransaction(() -> {
            int reset = database.sql("update identity.account set totp_secret = null, totp_last_step = null where id = ? and totp_secret is not null").param(accountId).update();
            if (reset == 1) {
                changed(accountId, actor, null, Map.of("action", "second-factor-reset", "reason", reason));
            }
            return reset == 1;
        });
    }

    private Optional<byte[]> seed(String accountId) {
        return database.sql("select totp_secret from identity.account where id = ? and totp_secret is not null").param(accountId)
                .query((row, n) -> row.getBytes(1)).optional().map(vault::open);
    }

    /** What happens to accounts is recorded with it, or does not happen. */
    private void changed(String accountId, String actor, @Nullable String patient, Map<String, String> what) {
        Map<String, String> details = new java.util.TreeMap<>(what);
        details.put("account", accountId);
        events.record(SecurityEvent.Type.ACCOUNT_CHANGED, true, null, actor, patient, null, details);
    }

    private static Account account(ResultSet row, int n) throws SQLException {
        String patient = row.getString("acts_for");
        String fhirUser = row.getString("fhir_user");
        return new Account(row.getString("id"), row.getString("username"), Account.Kind.valueOf(row.getString("kind")),
                row.getString("display_name"), row.getString("email"), row.getString("organization"), patient,
                ("Patient/" + row.getString("patient")).equals(fhirUser) ? "Patient/" + patient : fhirUser, texts(row, "roles"));
    }
}
