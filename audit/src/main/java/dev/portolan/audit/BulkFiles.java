package dev.portolan.audit;

import dev.portolan.audit.AuditEntry.Authority;
import dev.portolan.audit.AuditEntry.Caller;
import dev.portolan.audit.AuditEntry.Origin;
import dev.portolan.audit.AuditEntry.Outcome;
import dev.portolan.audit.AuditEntry.Subject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * Files that hold the data of many members (AUD-10). Whose data a file holds is recorded when it was written, in entries of at most {@value #MEMBERS_AN_ENTRY} members, operation
 * {@value #FILE}; each download is an entry of its own that names the file, operation {@value #DOWNLOAD}. Both are found by member, since the file's entries name them.
 */
public final class BulkFiles {

    /** The operation of entries that say whose data a file holds. */
    public static final String FILE = "bulk-file";
    /** The operation of an entry for a download of a file. */
    public static final String DOWNLOAD = "bulk-download";

    private static final int MEMBERS_AN_ENTRY = 1_000;

    private final AuditTrail trail;

    public BulkFiles(AuditTrail trail) {
        this.trail = trail;
    }

    /**
     * A file, and whose it is.
     *
     * @param api which API, for instance {@code provider-access}
     * @param job the export
     * @param name names the file within the job; no member's data stands in it
     * @param type resource type of what is in it
     * @param categories codes of the data categories in it
     * @param request id of the request that asked for the export
     */
    public record File(String api, String job, String name, String type, List<String> categories, Caller caller, Authority authority, Origin request) {}

    /**
     * Records whose data a file holds; returns when all of it is durable. The file must not be offered before.
     *
     * @param members logical ids of Patients
     * @param resources how many resources the file holds
     * @throws AuditUnavailableException if an entry could not be written; call again with the same, entries that were written before stay
     */
    public void written(File file, Collection<String> members, int resources) {
        List<String> sorted = List.copyOf(new TreeSet<>(members));
        int parts = Math.max(1, (sorted.size() + MEMBERS_AN_ENTRY - 1) / MEMBERS_AN_ENTRY);
        List<CompletableFuture<Void>> durable = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            List<String> some = sorted.subList(part * MEMBERS_AN_ENTRY, Math.min(sorted.size(), (part + 1) * MEMBERS_AN_ENTRY));
            // The first part carries the count, so that a sum over a file's entries is right.
            durable.add(trail.append(entry(file, FILE, 200, some, part == 0 ? resources : 0, "job=" + file.job() + "; part=" + (part + 1) + "/" + parts)));
            if (durable.size() == MEMBERS_AN_ENTRY) {
                await(durable);
            }
        }
        await(durable);
    }

    /**
     * A file in the making: members are handed over as they come, so that none of a large export has to be kept.
     *
     * @return takes one member's id after the other; each {@value #MEMBERS_AN_ENTRY} are written and waited for. {@link Part#close} writes the rest
     */
    public Part open(File file) {
        return new Part(file);
    }

    /** The members of a file that is being written; used by one thread. */
    public final class Part implements Consumer<String>, AutoCloseable {
        private final File file;
        private final List<String> gathered = new ArrayList<>();
        private String last = "";
        private int part;

        private Part(File file) {
            this.file = file;
        }

        /** A member's id; one that is handed over several times in a row counts once. */
        @Override
        public void accept(String member) {
            if (member.equals(last)) {
                return;
            }
            last = member;
            gathered.add(member);
            if (gathered.size() == MEMBERS_AN_ENTRY) {
                flush();
            }
        }

        private void flush() {
            part++;
            trail.appendAndWait(entry(file, FILE, 200, List.copyOf(new TreeSet<>(gathered)), 0, "job=" + file.job() + "; part=" + part));
            gathered.clear();
        }

        /** Writes what is left; a file without members has one entry too. */
        @Override
        public void close() {
            if (!gathered.isEmpty() || part == 0) {
                flush();
            }
        }
    }

    /**
     * Records that a file is given out; returns when it is durable. The first byte must not leave before.
     *
     * @param resources how many resources the file holds
     * @param status HTTP status of the answer
     */
    public void download(File file, int resources, int status) {
        trail.appendAndWait(entry(file, DOWNLOAD, status, List.of(), resources, "job=" + file.job()));
    }

    private static AuditEntry entry(File file, String operation, int status, List<String> members, int resources, String detail) {
        return new AuditEntry(file.api(), operation, new Outcome(status, null), file.caller(),
            new Subject(members, List.of(file.type()), file.job() + "/" + file.name(), resources, 0, file.categories(), detail), file.authority(), file.request());
    }

    private static void await(List<CompletableFuture<Void>> durable) {
        try {
            CompletableFuture.allOf(durable.toArray(CompletableFuture[]::new)).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof AuditUnavailableException unavailable ? unavailable : new AuditUnavailableException("the audit entry could not be written", e);
        }
        durable.clear();
    }
}
