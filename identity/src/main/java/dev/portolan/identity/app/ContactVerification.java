package dev.portolan.identity.app;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.Accounts.NewAccount;
import dev.portolan.identity.event.Notices;
import dev.portolan.identity.key.Secrets;
import org.springframework.stereotype.Component;

/** Developers join, and prove that their e-mail address is theirs. */
@Component
class ContactVerification {
    private final IdentityDatabase database;
    private final Accounts accounts;
    private final Notices notices;
    private final IdentityProperties properties;

    ContactVerification(IdentityDatabase database, Accounts accounts, Notices notices, IdentityProperties properties) {
        this.database = database;
        this.accounts = accounts;
        this.notices = notices;
        this.properties = properties;
    }

    /** Who has an account is told to its owner alone, by mail: the page answers as it does to somebody new, after as much work. */
    void join(String email, String password, String name, String organization) {
        String address = email.strip();
        if (!address.matches("[^\\s@]{1,64}@[^\\s@]+\\.[^\\s@]{2,}") || address.length() > 200 || name.isBlank() || name.length() > 100) {
            throw new IllegalArgumentException("An e-mail address and your name are needed.");
        }
        try {
            sendLink(accounts.add(NewAccount.developer(address, password, name.strip(), address, organization.strip())));
        } catch (Accounts.NameTaken taken) {
            accounts.findByUsername(address).map(Account::email).ifPresent(owner -> notices.send(owner, "You have an account already",
                    "Somebody, perhaps you, asked for an account with this address, which has one. Nothing changed: sign in with your password at " + properties.url("/sign-in")));
        }
    }

    void sendLink(Account account) {
        String token = Secrets.random();
        database.sql("update identity.account set verification_hash = ? where id = ?").params(Secrets.hash(token), account.id()).update();
        notices.send(String.valueOf(account.email()), "Confirm your e-mail address",
                "Open this link to confirm that this address is yours: " + properties.url("/developers/verify?token=" + token));
    }

    /** Whether the link reaches anybody but the log. */
    boolean isSent() {
        return notices.reach();
    }

    boolean confirm(String token) {
        return database.sql("update identity.account set email_verified_at = now(), verification_hash = null where verification_hash = ?")
                .param(Secrets.hash(token)).update() == 1;
    }

    boolean isVerified(String accountId) {
        return database.sql("select email_verified_at is not null from identity.account where id = ?").param(accountId)
                .query(Boolean.class).optional().orElse(false);
    }
}
