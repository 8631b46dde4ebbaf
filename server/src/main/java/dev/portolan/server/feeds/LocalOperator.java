package dev.portolan.server.feeds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;

/**
 * The operator of this machine: whoever can read the server's data directory has its database and keys already, so a secret that lies there, new at each start, lets the command line in without a sign-in. It opens loads and the accounts of staff, and no FHIR base.
 */
public final class LocalOperator {

    private static final String FILE = "operator.json";

    private final byte[] secret;

    private LocalOperator(byte[] secret) {
        this.secret = secret;
    }

    /** Makes the secret of this start and writes it beside the server's addresses: what clients call it, and what this machine does. */
    public static LocalOperator at(Path data, URI server, URI local) {
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        String secret = HexFormat.of().formatHex(random);
        try {
            Path fresh = Files.createTempFile(data, "operator", ".new", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(fresh, new ObjectMapper().writeValueAsBytes(Map.of("url", server.toString(), "local", local.toString(), "secret", secret)));
            Files.move(fresh, data.resolve(FILE), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("the operator's secret could not be kept in " + data, e);
        }
        return new LocalOperator(secret.getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * @param url what clients call the server
     * @param local what this machine calls it
     */
    public record Key(URI url, URI local, String secret) {}

    /** The key of the server that runs on a data directory. */
    public static Key read(Path data) throws IOException {
        JsonNode json = new ObjectMapper().readTree(data.resolve(FILE).toFile());
        String url = json.path("url").asText();
        return new Key(URI.create(url), URI.create(json.path("local").asText(url)), json.path("secret").asText());
    }

    public boolean is(String presented) {
        return MessageDigest.isEqual(secret, presented.getBytes(StandardCharsets.UTF_8));
    }
}
