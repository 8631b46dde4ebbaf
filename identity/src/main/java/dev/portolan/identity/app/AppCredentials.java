package dev.portolan.identity.app;

import dev.portolan.identity.key.Secrets;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Component;

/**
 * The secrets of an app as one string, since the protocol endpoints know one secret per client: the hashes of all that work, and an encoder
 * that accepts any of them.
 */
@Component
public class AppCredentials implements PasswordEncoder {
    private static final String NONE = "-";

    private final AppSecrets secrets;

    AppCredentials(AppSecrets secrets) {
        this.secrets = secrets;
    }

    public String workingSecretHashes(String clientId) {
        String hashes = String.join(" ", secrets.working(clientId));
        return hashes.isEmpty() ? NONE : hashes;
    }

    @Override
    public String encode(CharSequence raw) {
        return Secrets.hashText(raw.toString());
    }

    @Override
    public boolean matches(CharSequence raw, String hashes) {
        String given = encode(raw);
        boolean any = false;
        for (String hash : hashes.split(" ")) {
            any |= Secrets.same(given, hash);
        }
        return any;
    }
}
