package dev.portolan.bulkdata;

import dev.portolan.bulkdata.BulkClient.BulkClientException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * Downloads a file of another server; what is there of it already is not asked for again, where the server gives ranges. What is not whole yet lies beside the file under a name with the owner in it: where two
 * may be at the same file, each writes its own.
 */
final class FileDownload {

    static final String UNFINISHED = ".unfinished";
    private static final int ATTEMPTS = 6;
    private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
    private static final int BUFFER = 64 << 10;

    private final Source source;
    private final String owner;

    /** @param owner who alone writes into the folder, or who of several that may; one that begins again under the same name goes on with what it had */
    FileDownload(Source source, String owner) {
        this.source = source;
        this.owner = owner;
    }

    /** For a folder that nobody else writes into. */
    FileDownload(Source source) {
        this(source, "");
    }

    /** How files are asked for. */
    interface Source {

        /** @param from the first byte wanted */
        Given open(URI url, long from) throws IOException, InterruptedException;
    }

    /**
     * A server's answer.
     *
     * @param body closed by whoever asked
     */
    record Given(int status, InputStream body) {}

    /**
     * Not again what is there whole.
     *
     * @param most bytes; more of them end it, and nothing of the file is left
     */
    void to(Path file, URI url, long most) throws IOException, InterruptedException {
        if (Files.exists(file)) {
            return;
        }
        Path unfinished = file.resolveSibling(file.getFileName() + (owner.isEmpty() ? "" : "." + owner) + UNFINISHED);
        for (int attempt = 1;; attempt++) {
            try {
                attempt(url, unfinished, most);
                settle(unfinished, file);
                return;
            } catch (BulkClientException e) {
                throw e;
            } catch (IOException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
                Thread.sleep(FIRST_WAIT.multipliedBy(1L << attempt).toMillis());
            }
        }
    }

    /** A file that somebody else has finished meanwhile stays as it is: it may be read already. */
    private static void settle(Path unfinished, Path file) throws IOException {
        if (Files.exists(file)) {
            Files.delete(unfinished);
        } else {
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private void attempt(URI url, Path unfinished, long most) throws IOException, InterruptedException {
        long have = Files.exists(unfinished) ? Files.size(unfinished) : 0;
        Given given = source.open(url, have);
        try (InputStream in = given.body()) {
            if (given.status() == 416 && have > 0) {
                return; // all of it was there
            }
            if (given.status() != 200 && given.status() != 206) {
                throw new BulkClientException("A file was not given: the server answered " + given.status() + ".");
            }
            boolean goesOn = given.status() == 206;
            try (OutputStream out = goesOn ? Files.newOutputStream(unfinished, StandardOpenOption.APPEND) : Files.newOutputStream(unfinished)) {
                copy(in, out, most - (goesOn ? have : 0));
            }
        } catch (TooLongException e) {
            Files.deleteIfExists(unfinished);
            throw e;
        }
    }

    private static void copy(InputStream in, OutputStream out, long most) throws IOException {
        byte[] buffer = new byte[BUFFER];
        long left = most;
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            left -= read;
            if (left < 0) {
                throw new TooLongException();
            }
            out.write(buffer, 0, read);
        }
    }

    /** A file is longer than is taken. */
    static final class TooLongException extends BulkClientException {
        private static final long serialVersionUID = 1L;

        TooLongException() {
            super("It is longer than files may be.");
        }
    }
}
