package dev.portolan.intake.mapping;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The logical id that a business key has: what is known by the same key is the same resource, whichever feed brings it. */
public final class LogicalId {

    private static final int LONGEST = 64;

    private LogicalId() {}

    /** The key itself where FHIR allows that, else a digest of it. */
    public static String of(String key) {
        return isId(key) ? key : "h-" + digest(key);
    }

    /** Whether it is one by itself: FHIR R4, 2.24.0.1, {@code [A-Za-z0-9\-\.]{1,64}}. Asked many times of each record. */
    public static boolean isId(String key) {
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            boolean allowed = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c == '-' || c == '.';
            if (!allowed) {
                return false;
            }
        }
        return !key.isEmpty() && key.length() <= LONGEST;
    }

    /** 48 hexadecimal digits. */
    public static String digest(String key) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)), 0, 24);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
