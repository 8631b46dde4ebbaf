package dev.portolan.store;

import dev.portolan.fhir.search.InvalidSearchException;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Cursors that only this database's nodes can make, and read: the query, the grant's id and the place where the page ended, behind an HMAC-SHA-256. A cursor proves nothing about access: every
 * page is searched under the grant of its own call.
 *
 * <p>The numbers of members and rows in a place are counted over everybody: who could read them would know how many there are, and how fast they grow. So the rest is encrypted, with the MAC for its beginning (as in
 * RFC 5297, synthetic initialization vectors): the same cursor is the same text again.
 */
final class SignedCursors implements PageCursors {

    private static final int FORMAT = 2;
    /** Before a body that is deflated: a link has to fit into a URL, and a search with many values is a long one. */
    private static final int DEFLATED = 3;
    private static final int LONG = 1_024;
    private static final int MAC_BYTES = 32;
    private static final String ALGORITHM = "HmacSHA256";
    private static final String CIPHER = "AES/CTR/NoPadding";
    private static final int VECTOR_BYTES = 16;
    private static final String PARAMETER = "page";

    private final SecretKeySpec key;
    private final SecretKeySpec hiding;

    /**
     * @param kind what was paged: a search, {@code $everything}, a history
     * @param position numbers that the kind understands
     * @param mark a name in the position (an id), or empty
     */
    record Cursor(String kind, List<String> types, List<RawParameter> parameters, int pageSize, long[] position, String mark) {}

    SignedCursors(byte[] key) {
        this.key = new SecretKeySpec(key, ALGORITHM);
        this.hiding = new SecretKeySpec(mac("cursors are hidden".getBytes(StandardCharsets.US_ASCII)), "AES");
    }

    @Override
    public Opened open(String cursor, Grant grant) {
        Cursor opened = unseal(cursor, grant);
        return new Opened(opened.types(), opened.parameters(), opened.pageSize());
    }

    String seal(Cursor cursor, Grant grant) {
        byte[] plain = write(cursor, grant);
        byte[] body = plain.length < LONG ? plain : deflated(plain);
        byte[] mac = mac(body);
        byte[] sealed = Arrays.copyOf(mac, MAC_BYTES + body.length);
        System.arraycopy(turned(body, mac), 0, sealed, MAC_BYTES, body.length);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(sealed);
    }

    /** @throws InvalidSearchException if it was altered, is from elsewhere, or belongs to another grant */
    Cursor unseal(String sealed, Grant grant) {
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(sealed);
        } catch (IllegalArgumentException e) {
            throw invalid();
        }
        if (bytes.length <= MAC_BYTES) {
            throw invalid();
        }
        byte[] mac = Arrays.copyOf(bytes, MAC_BYTES);
        byte[] body = turned(Arrays.copyOfRange(bytes, MAC_BYTES, bytes.length), mac);
        if (!MessageDigest.isEqual(mac(body), mac)) {
            throw invalid();
        }
        return read(body[0] == DEFLATED ? inflated(body) : body, grant);
    }

    private static byte[] deflated(byte[] plain) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(plain.length / 2);
        bytes.write(DEFLATED);
        try (DeflaterOutputStream out = new DeflaterOutputStream(bytes)) {
            out.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] inflated(byte[] body) {
        try (InflaterInputStream in = new InflaterInputStream(new ByteArrayInputStream(body, 1, body.length - 1))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InvalidSearchException invalid() {
        return new InvalidSearchException(PARAMETER, "This page link is not one of this server's, or it was altered. Start again from the first page.", false);
    }

    /** Hidden, or what was hidden: the same work both ways. */
    private byte[] turned(byte[] body, byte[] mac) {
        try {
            Cipher cipher = Cipher.getInstance(CIPHER);
            cipher.init(Cipher.ENCRYPT_MODE, hiding, new IvParameterSpec(mac, 0, VECTOR_BYTES));
            return cipher.doFinal(body);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has " + CIPHER, e);
        }
    }

    private byte[] mac(byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(body);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has " + ALGORITHM, e);
        }
    }

    private static byte[] write(Cursor cursor, Grant grant) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(FORMAT);
            text(out, grant.id());
            text(out, cursor.kind());
            out.writeShort(cursor.types().size());
            for (String type : cursor.types()) {
                text(out, type);
            }
            out.writeShort(cursor.parameters().size());
            for (RawParameter parameter : cursor.parameters()) {
                text(out, parameter.name());
                text(out, parameter.value());
            }
            out.writeInt(cursor.pageSize());
            out.writeByte(cursor.position().length);
            for (long number : cursor.position()) {
                out.writeLong(number);
            }
            text(out, cursor.mark());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static Cursor read(byte[] body, Grant grant) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(body))) {
            if (in.readByte() != FORMAT) {
                throw invalid();
            }
            if (!text(in).equals(grant.id())) {
                throw new InvalidSearchException(PARAMETER, "This page link was made under another authorization. Start again from the first page.", false);
            }
            String kind = text(in);
            List<String> types = new ArrayList<>();
            for (int i = in.readShort(); i > 0; i--) {
                types.add(text(in));
            }
            List<RawParameter> parameters = new ArrayList<>();
            for (int i = in.readShort(); i > 0; i--) {
                parameters.add(new RawParameter(text(in), text(in)));
            }
            int pageSize = in.readInt();
            long[] position = new long[in.readByte()];
            for (int i = 0; i < position.length; i++) {
                position[i] = in.readLong();
            }
            return new Cursor(kind, types, parameters, pageSize, position, text(in));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String text(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
