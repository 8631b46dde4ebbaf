package dev.portolan.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Where the chains stood, signed, in a folder away from the database (AUD-03): one file each time, written once and only read afterwards. The folder may be a mount of a WORM store or be copied to
 * one; who can alter both the database and every copy of the folder can still deceive. The signing key is the server's; the public key lies beside the anchors for whoever verifies.
 */
public final class Anchors {

    private static final String ALGORITHM = "Ed25519";
    private static final String PUBLIC_KEY = "anchor-key.pub";
    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final KeyPair keys;

    private Anchors(Path folder, KeyPair keys) {
        this.folder = folder;
        this.keys = keys;
    }

    /**
     * For writing.
     *
     * @param folder made if it is not there
     * @param privateKey file of the signing key, made if it is not there, readable by the server's user alone
     */
    public static Anchors in(Path folder, Path privateKey) {
        try {
            Files.createDirectories(folder);
            KeyPair keys = keys(privateKey);
            Path published = folder.resolve(PUBLIC_KEY);
            String text = Base64.getEncoder().encodeToString(keys.getPublic().getEncoded());
            if (!Files.exists(published) || !isFinished(Files.readString(published))) {
                Files.deleteIfExists(published);
                writeOnce(published, text);
            } else if (!Files.readString(published).strip().equals(text)) {
                throw new IllegalStateException("the anchors in " + folder + " were signed with another key than " + privateKey + ": restore that key, or choose another folder");
            }
            return new Anchors(folder, keys);
        } catch (IOException e) {
            throw new UncheckedIOException("the audit anchors cannot be kept in " + folder, e);
        }
    }

    private static KeyPair keys(Path file) throws IOException {
        try {
            if (!Files.exists(file)) {
                KeyPair fresh = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
                keep(file, Base64.getEncoder().encodeToString(fresh.getPrivate().getEncoded()) + "\n" + Base64.getEncoder().encodeToString(fresh.getPublic().getEncoded()) + "\n");
            }
            List<String> lines = Files.readAllLines(file);
            KeyFactory factory = KeyFactory.getInstance(ALGORITHM);
            PrivateKey signing = factory.generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(lines.get(0))));
            return new KeyPair(publicKey(lines.get(1)), signing);
        } catch (GeneralSecurityException | IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new IOException("the key of the audit anchors in " + file + " cannot be read", e);
        }
    }

    /** Whole or not at all: a key that was half written when a disk was full or a process was killed would be refused at every start after that. */
    private static void keep(Path file, String keys) throws IOException {
        Path fresh = Files.createTempFile(file.toAbsolutePath().getParent(), "anchor", ".new", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            Files.writeString(fresh, keys, StandardOpenOption.SYNC);
            Files.move(fresh, file);
        } catch (FileAlreadyExistsException kept) {
            // By another server that started at the same time: its key is the one.
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    /** Writes where the chains stand. Returns the file. */
    public Path write(List<ChainVerifier.Anchor> heads, Instant now) {
        ObjectNode body = JSON.createObjectNode();
        body.put("taken", now.toString());
        ArrayNode chains = body.putArray("chains");
        heads.stream().sorted(Comparator.comparing(ChainVerifier.Anchor::chain)).forEach(head ->
            chains.addObject().put("chain", head.chain().toString()).put("seq", head.seq()).put("hash", HexFormat.of().formatHex(head.hash())));
        try {
            String text = JSON.writeValueAsString(body);
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(keys.getPrivate());
            signature.update(text.getBytes(StandardCharsets.UTF_8));
            Path file = folder.resolve("anchor-" + NAME.format(now) + "-" + UUID.randomUUID().toString().substring(0, 8) + ".json");
            writeOnce(file, text + "\n" + Base64.getEncoder().encodeToString(signature.sign()));
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException("the audit anchor could not be written to " + folder, e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime from 15 on signs with Ed25519", e);
        }
    }

    private static void writeOnce(Path file, String text) throws IOException {
        try {
            writeNew(file, text);
        } catch (IOException e) {
            deleteUnfinished(file, e);
            throw e;
        }
    }

    /** A full disk. Where nothing can be deleted it stays, and whoever reads passes it over. */
    private static void deleteUnfinished(Path file, IOException failure) {
        try {
            if (Files.exists(file) && !isFinished(Files.readString(file))) {
                Files.delete(file);
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /** Its last byte is a line's end. What ends before was being written when the process or the machine ended: it proves nothing, and accuses nobody. */
    private static boolean isFinished(String text) {
        return text.endsWith("\n");
    }

    private static void writeNew(Path file, String text) throws IOException {
        try (FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r--r--r--")))) {
            ByteBuffer bytes = ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    /**
     * What a folder holds.
     *
     * @param anchors of files whose signature is right, the newest of each place in a chain
     * @param faults files that were altered, in words
     */
    public record Read(List<ChainVerifier.Anchor> anchors, List<String> faults, int files) {}

    /** Reads a folder, or one file beside which the public key lies. */
    public static Read read(Path folderOrFile) throws IOException {
        boolean single = Files.isRegularFile(folderOrFile);
        Path folder = single ? folderOrFile.toAbsolutePath().getParent() : folderOrFile;
        List<Path> files;
        try (Stream<Path> all = single ? Stream.of(folderOrFile) : Files.list(folder)) {
            files = all.filter(file -> file.getFileName().toString().matches("anchor-.*\\.json")).sorted().toList();
        }
        Map<Place, ChainVerifier.Anchor> anchors = new LinkedHashMap<>();
        List<String> faults = new ArrayList<>();
        if (!files.isEmpty() && !Files.exists(folder.resolve(PUBLIC_KEY))) {
            throw new IOException("the anchors in " + folder + " cannot be checked: their public key, " + PUBLIC_KEY + ", does not lie beside them");
        }
        PublicKey key = files.isEmpty() ? null : publicKey(Files.readString(folder.resolve(PUBLIC_KEY)).strip());
        for (Path file : files) {
            try {
                // A chain that has ended stands in each file: the newest word of it is enough, and all of them would not fit into memory after some years.
                read(file, key).forEach(anchor -> anchors.put(new Place(anchor.chain(), anchor.seq(), HexFormat.of().formatHex(anchor.hash())), anchor));
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                faults.add("the anchor " + file.getFileName() + " was altered or is damaged");
            }
        }
        return new Read(List.copyOf(anchors.values()), faults, files.size());
    }

    private record Place(UUID chain, long seq, String hash) {}

    private static List<ChainVerifier.Anchor> read(Path file, PublicKey key) throws IOException, GeneralSecurityException {
        String text = Files.readString(file);
        if (!isFinished(text)) {
            return List.of();
        }
        List<String> lines = text.lines().toList();
        Signature signature = Signature.getInstance(ALGORITHM);
        signature.initVerify(key);
        signature.update(lines.get(0).getBytes(StandardCharsets.UTF_8));
        if (!signature.verify(Base64.getDecoder().decode(lines.get(1)))) {
            throw new GeneralSecurityException("the signature is not of this content");
        }
        JsonNode body = JSON.readTree(lines.get(0));
        Instant taken = Instant.parse(body.get("taken").asText());
        List<ChainVerifier.Anchor> anchors = new ArrayList<>();
        for (JsonNode each : body.get("chains")) {
            anchors.add(new ChainVerifier.Anchor(UUID.fromString(each.get("chain").asText()), each.get("seq").asLong(), HexFormat.of().parseHex(each.get("hash").asText()), taken));
        }
        return anchors;
    }

    private static PublicKey publicKey(String text) throws IOException {
        try {
            return KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(text)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("the public key of the audit anchors cannot be read", e);
        }
    }
}
