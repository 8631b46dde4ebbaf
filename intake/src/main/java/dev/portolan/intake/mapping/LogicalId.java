package dev.portolan.intake.mapping;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** The logical id that a business key has: what is known by the same key is the same resource, whichever feed brings it. */
public final class LogicalId {

    private static final Pattern FHIR_ID = Pattern.compile("[A-Za-z0-9\\-.]{1,64}");

    private LogicalId() {}

    /** The key itself where FHIR allows that, else a digest of it. */
    public static String of(String key) {
        return FHIR_ID.matcher(key).matches() ? key : "h-" + digest(key);
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
