package dev.portolan.store;

import org.jspecify.annotations.Nullable;

/**
 * Keyed 64-bit hashes that stand for search values in the rows (SipHash-1-3 over UTF-16). The key is this database's own secret, so nobody can choose values that
 * collide. Every form of a value that a query may ask for has a hash of its own.
 *
 * <p>Types and parameters are the numbers of {@link Names}. Absent parts (null) and empty ones differ.
 */
final class ValueHash {

    private static final int SELF = 1;
    private static final int TOKEN = 2;
    private static final int TOKEN_ANY_SYSTEM = 3;
    private static final int TOKEN_ANY_CODE = 4;
    private static final int EXACT_STRING = 5;
    private static final int URI = 6;
    private static final int OF_TYPE = 7;
    private static final int IDENTIFIER = 8;
    private static final int IDENTIFIER_ANY_SYSTEM = 9;
    private static final int IDENTIFIER_ANY_CODE = 10;
    private static final int REFERENCE = 11;
    private static final int URL = 12;
    private static final int LOCK = 13;

    static final int KEY_BYTES = 16;

    private final long key0;
    private final long key1;

    ValueHash(byte[] key) {
        if (key.length != KEY_BYTES) {
            throw new IllegalArgumentException("the hash key has " + key.length + " bytes instead of " + KEY_BYTES);
        }
        this.key0 = littleEndian(key, 0);
        this.key1 = littleEndian(key, 8);
    }

    /** A resource itself: the column {@code self}. */
    long self(int type, String id) {
        return hash(SELF, type, 0, id, null, null);
    }

    /** {@code system|code}; a null or empty system is {@code |code}: the value has no system. */
    long token(int type, int parameter, @Nullable String system, String code) {
        return hash(TOKEN, type, parameter, absentIfEmpty(system), code, null);
    }

    /** {@code code}: any system or none. */
    long tokenAnySystem(int type, int parameter, String code) {
        return hash(TOKEN_ANY_SYSTEM, type, parameter, code, null, null);
    }

    /** {@code system|}: any code. */
    long tokenAnyCode(int type, int parameter, String system) {
        return hash(TOKEN_ANY_CODE, type, parameter, system, null, null);
    }

    /** {@code :exact} of a string. */
    long exactString(int type, int parameter, String value) {
        return hash(EXACT_STRING, type, parameter, value, null, null);
    }

    long uri(int type, int parameter, String value) {
        return hash(URI, type, parameter, value, null, null);
    }

    /** {@code :of-type=system|code|value}. */
    long ofType(int type, int parameter, String typeSystem, String typeCode, String value) {
        return hash(OF_TYPE, type, parameter, typeSystem, typeCode, value);
    }

    /** {@code :identifier=system|code} of a reference; a null or empty system is {@code |code}. */
    long identifier(int type, int parameter, @Nullable String system, String code) {
        return hash(IDENTIFIER, type, parameter, absentIfEmpty(system), code, null);
    }

    long identifierAnySystem(int type, int parameter, String code) {
        return hash(IDENTIFIER_ANY_SYSTEM, type, parameter, code, null, null);
    }

    long identifierAnyCode(int type, int parameter, String system) {
        return hash(IDENTIFIER_ANY_CODE, type, parameter, system, null, null);
    }

    /**
     * What a reference parameter adds to its target: a reference is stored as {@code self(target) ^ reference(type, parameter)}, so that SQL can join ({@code self # $1}).
     *
     * @param type the type that refers
     */
    long reference(int type, int parameter) {
        return hash(REFERENCE, type, parameter, null, null, null);
    }

    /** A canonical, or a reference to elsewhere; with a null version, any version. */
    long url(int type, int parameter, String url, @Nullable String version) {
        return hash(URL, type, parameter, url, version, null);
    }

    /** A key for an advisory lock. */
    long lock(String name) {
        return hash(LOCK, 0, 0, name, null, null);
    }

    private static @Nullable String absentIfEmpty(@Nullable String system) {
        return system == null || system.isEmpty() ? null : system;
    }

    private long hash(int form, int type, int parameter, @Nullable String first, @Nullable String second, @Nullable String third) {
        Sip sip = new Sip(key0, key1);
        sip.word((long) form << 32 | (long) (type & 0xFFFF) << 16 | (parameter & 0xFFFF));
        sip.text(first);
        sip.text(second);
        sip.text(third);
        return sip.end();
    }

    private static long littleEndian(byte[] bytes, int from) {
        long word = 0;
        for (int i = 7; i >= 0; i--) {
            word = word << 8 | (bytes[from + i] & 0xFF);
        }
        return word;
    }

    /** SipHash with one round a word and three at the end (Aumasson and Bernstein, 2012), over whole words. */
    private static final class Sip {
        private long v0;
        private long v1;
        private long v2;
        private long v3;

        Sip(long key0, long key1) {
            v0 = key0 ^ 0x736f6d6570736575L;
            v1 = key1 ^ 0x646f72616e646f6dL;
            v2 = key0 ^ 0x6c7967656e657261L;
            v3 = key1 ^ 0x7465646279746573L;
        }

        void word(long word) {
            v3 ^= word;
            round();
            v0 ^= word;
        }

        /** Its length, then its characters, four to a word. */
        void text(@Nullable String text) {
            if (text == null) {
                word(-1);
                return;
            }
            int length = text.length();
            word(length);
            int i = 0;
            for (; i + 4 <= length; i += 4) {
                word(text.charAt(i) | (long) text.charAt(i + 1) << 16 | (long) text.charAt(i + 2) << 32 | (long) text.charAt(i + 3) << 48);
            }
            long rest = 0;
            for (int shift = 0; i < length; i++, shift += 16) {
                rest |= (long) text.charAt(i) << shift;
            }
            if (length % 4 != 0) {
                word(rest);
            }
        }

        long end() {
            v2 ^= 0xff;
            round();
            round();
            round();
            return v0 ^ v1 ^ v2 ^ v3;
        }

        private void round() {
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
        }
    }
}
