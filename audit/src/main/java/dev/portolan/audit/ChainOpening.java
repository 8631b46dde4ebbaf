package dev.portolan.audit;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/** What a chain's first entry continues: a hash over every chain that was opened before, so that a chain cannot be taken away whole. */
final class ChainOpening {

    private final MessageDigest earlier = sha256();

    /** Takes in the next chain, in the order in which they were opened. */
    void after(UUID chain, byte[] opening) {
        earlier.update(bytes(chain));
        earlier.update(opening);
    }

    /** The opening of a chain that follows those taken in so far. */
    byte[] of(UUID chain) {
        MessageDigest digest;
        try {
            digest = (MessageDigest) earlier.clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the runtime's SHA-256 can be cloned", e);
        }
        digest.update(bytes(chain));
        return digest.digest();
    }

    private static byte[] bytes(UUID uuid) {
        return ByteBuffer.allocate(16).putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits()).array();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
