package dev.portolan.intake.load;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One load of one source.
 *
 * @param feed who delivers
 * @param kind how it is read
 * @param source file, folder or address, without what is secret
 * @param failure why it stopped, or null
 */
public record LoadRun(
    long id, String feed, String kind, String source, LoadOptions options, State state, Instant askedAt, String askedBy, @Nullable Instant started, @Nullable Instant finished, @Nullable String failure,
    List<FileReport> files) {

    /** A run that is running and whose process died is taken up again by the next one. */
    public enum State {
        WAITING,
        RUNNING,
        COMPLETED,
        FAILED
    }

    /**
     * A file and what became of its lines.
     *
     * @param lines {@code = mapped + merged + rejected} at any time
     * @param note why it was left out, or what else there is to say, or null
     * @param newest when the newest of its data was delivered
     */
    public record FileReport(
        long id, String part, String name, long bytes, String mapping, String mappingVersion, FileState state, long lines, long mapped, long merged, long rejected, long warned, long created, long updated,
        long unchanged, long closed, @Nullable Instant newest, @Nullable String note, List<GroupedProblem> problems, List<UnmappedCode> unmapped, List<ProfileReport> profiles) {

        public long resources() {
            return created + updated + unchanged;
        }
    }

    /** SKIPPED: the same file was the last that was loaded. */
    public enum FileState {
        WAITING,
        LOADING,
        LOADED,
        SKIPPED
    }

    /** @param examples the first lines that have it */
    public record GroupedProblem(boolean rejected, String code, String field, String message, long lines, List<Long> examples) {}

    public record UnmappedCode(String map, String code, long lines) {}

    /** @param notChecked valid as far as could be checked: a value set or code system is not to be had */
    public record ProfileReport(String profile, long checked, long valid, long notChecked, List<ProfileIssue> issues) {}

    /** @param example {@code Type/id} */
    public record ProfileIssue(String issue, long count, String example) {}

    public long lines() {
        return files.stream().mapToLong(FileReport::lines).sum();
    }

    public long rejected() {
        return files.stream().mapToLong(FileReport::rejected).sum();
    }
}
