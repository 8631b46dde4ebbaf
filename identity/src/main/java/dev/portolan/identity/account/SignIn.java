package dev.portolan.identity.account;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.key.Vault;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.LockedException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Component;

/**
 * Checks a password, and for those who have one a second factor. An account is locked for a while after too many wrong tries; a name
 * that does not exist costs as much time and says the same as a wrong password.
 */
@Component
public class SignIn implements AuthenticationProvider {
    static final int TRIES = 5;
    static final Duration LOCKED_FOR = Duration.ofMinutes(15);
    /** Of no password that anybody knows; as costly to compare with as any (2 to the power of 10 rounds). */
    private static final String HASH_OF_NOBODY = "$2a$10$" + ".".repeat(53);

    private final IdentityDatabase database;
    private final Accounts accounts;
    private final Vault vault;
    private final SecurityEvents events;
    private final Clock clock;
    private final PasswordEncoder passwords = new BCryptPasswordEncoder(10);

    SignIn(IdentityDatabase database, Accounts accounts, Vault vault, SecurityEvents events, Clock clock) {
        this.database = database;
        this.accounts = accounts;
        this.vault = vault;
        this.events = events;
        this.clock = clock;
    }

    /** The password was right, and a one-time password is needed too. */
    public static final class SecondFactorNeeded extends BadCredentialsException {
        SecondFactorNeeded(String message) {
            super(message);
        }
    }

    /** Whether the account rests is no part of it: that is asked when a try is judged. Of many at once, as many are told right from wrong as of many in a row. */
    private record Credentials(@Nullable String passwordHash, byte @Nullable [] totpSecret) {}

    private static final String NOT_LOCKED = " and (locked_until is null or locked_until <= :now)";

    @Override
    public Authentication authenticate(Authentication request) {
        String code = request.getDetails() instanceof SignInDetails details ? details.code() : "";
        Account account = check(request.getName(), String.valueOf(request.getCredentials()), code);
        return authentication(account, request.getDetails());
    }

    /** @param details what the sign-in carried beside the name: {@link SignInDetails} */
    public static Authentication authentication(Account account, @Nullable Object details) {
        var result = UsernamePasswordAuthenticationToken.authenticated(account, null,
                AuthorityUtils.createAuthorityList(account.roles().stream().map(r -> "ROLE_" + r).toArray(String[]::new)));
        result.setDetails(details);
        return result;
    }

    @Override
    public boolean supports(Class<?> type) {
        return UsernamePasswordAuthenticationToken.class.isAssignableFrom(type);
    }

    private Account check(String username, String password, String code) {
        Optional<Account> found = username.length() > 200 ? Optional.empty() : accounts.findByUsername(username);
        Optional<Credentials> stored = found.flatMap(a -> credentials(a.id()));
        String hash = stored.map(Credentials::passwordHash).orElse(HASH_OF_NOBODY);
        boolean right = password.length() <= Accounts.LONGEST_PASSWORD && passwords.matches(password, hash) && stored.isPresent();
        if (found.isEmpty() || stored.isEmpty()) {
            events.record(SecurityEvent.Type.SIGN_IN, false, null, null, null, null, Map.of("reason", "unknown name"));
            throw new BadCredentialsException("unknown name");
        }
        Account account = found.get();
        if (!right) {
            throw failed(account, "wrong password", new BadCredentialsException("wrong password"));
        }
        if (isLocked(account)) {
            throw locked(account);
        }
        checkSecondFactor(account, stored.get(), code);
        database.sql("update identity.account set failed_attempts = 0, locked_until = null where id = :id and failed_attempts > 0" + NOT_LOCKED)
                .param("id", account.id()).param("now", IdentityDatabase.at(clock.instant())).update();
        events.record(SecurityEvent.Type.SIGN_IN, true, null, account.id(), account.patient(), null, Map.of("kind", account.kind().name()));
        return account;
    }

    /**
     * Whether a code is that of the account's second factor, from somebody who is signed in. A wrong one counts as a wrong password does: a session that was left open is no place to try codes at.
     */
    boolean provesSecondFactor(Account account, String code) {
        Credentials stored = credentials(account.id()).orElseThrow();
        if (isLocked(account)) {
            return false;
        }
        try {
            checkSecondFactor(account, stored, code);
            return true;
        } catch (SecondFactorNeeded | LockedException wrong) {
            return false;
        }
    }

    private boolean isLocked(Account account) {
        return database.sql("select 1 from identity.account where id = :id" + NOT_LOCKED).param("id", account.id())
                .param("now", IdentityDatabase.at(clock.instant())).query(Integer.class).list().isEmpty();
    }

    private LockedException locked(Account account) {
        events.record(SecurityEvent.Type.SIGN_IN, false, null, account.id(), null, null, Map.of("reason", "locked"));
        return new LockedException("locked");
    }

    private void checkSecondFactor(Account account, Credentials credentials, String code) {
        if (credentials.totpSecret() == null) {
            return;
        }
        if (code.isEmpty()) {
            throw new SecondFactorNeeded("a one-time password is needed");
        }
        OptionalLong step = TimeBasedOneTimePassword.matchingStep(vault.open(credentials.totpSecret()), code, clock.instant());
        boolean fresh = step.isPresent() && database.sql("""
                update identity.account set totp_last_step = :step where id = :id and (totp_last_step is null or totp_last_step < :step)""" + NOT_LOCKED)
                .param("step", step.getAsLong()).param("id", account.id()).param("now", IdentityDatabase.at(clock.instant())).update() == 1;
        if (!fresh) {
            throw failed(account, "wrong one-time password", new SecondFactorNeeded("wrong one-time password"));
        }
    }

    /** Counted and told in one statement: whoever comes after the last try learns that the account rests, and not whether the try was right. */
    private <E extends BadCredentialsException> E failed(Account account, String reason, E exception) {
        List<Integer> failures = database.sql("""
                update identity.account set
                  failed_attempts = case when failed_attempts + 1 >= :tries then 0 else failed_attempts + 1 end,
                  locked_until = case when failed_attempts + 1 >= :tries then :until else locked_until end
                where id = :id""" + NOT_LOCKED + " returning failed_attempts")
                .param("tries", TRIES).param("until", IdentityDatabase.at(clock.instant().plus(LOCKED_FOR))).param("id", account.id())
                .param("now", IdentityDatabase.at(clock.instant())).query(Integer.class).list();
        if (failures.isEmpty()) {
            throw locked(account);
        }
        events.record(SecurityEvent.Type.SIGN_IN, false, null, account.id(), null, null, Map.of("reason", reason));
        if (failures.contains(0)) {
            events.record(SecurityEvent.Type.ACCOUNT_LOCKED, true, null, account.id(), null, null, Map.of("for", LOCKED_FOR.toString()));
        }
        return exception;
    }

    private Optional<Credentials> credentials(String id) {
        return database.sql("select password_hash, totp_secret from identity.account where id = ?").param(id)
                .query((row, n) -> new Credentials(row.getString(1), row.getBytes(2))).optional();
    }
}
