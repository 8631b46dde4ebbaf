package dev.portolan.identity.key;

import dev.portolan.identity.IdentityProperties;
import org.springframework.security.crypto.encrypt.AesBytesEncryptor;
import org.springframework.security.crypto.encrypt.AesBytesEncryptor.CipherAlgorithm;
import org.springframework.security.crypto.keygen.KeyGenerators;
import org.springframework.stereotype.Component;

/** Encrypts what has to be read back: AES-256 in GCM under the configured key, a new nonce each time. */
@Component
public final class Vault {
    /** Fixed: the key is random and long, so that the salt adds nothing; it only has to be the same on every node. */
    private static final String SALT = "706f72746f6c616e";

    private final AesBytesEncryptor encryptor;

    Vault(IdentityProperties properties) {
        this.encryptor = new AesBytesEncryptor(properties.encryptionKey(), SALT, KeyGenerators.secureRandom(16), CipherAlgorithm.GCM);
    }

    public byte[] seal(byte[] plain) {
        return encryptor.encrypt(plain);
    }

    /** @throws IllegalStateException if the bytes were sealed with another key, or were changed: it says to whoever starts a server over a restored database, or beside another node, what is missing */
    public byte[] open(byte[] sealed) {
        try {
            return encryptor.decrypt(sealed);
        } catch (IllegalStateException e) {
            throw new IllegalStateException("What the database keeps encrypted was encrypted with another key than this server's: give it the one that the database was written with, as the file identity.key in the data directory"
                    + " or as PORTOLAN_IDENTITY_ENCRYPTION_KEY; all nodes have the same", e);
        }
    }
}
