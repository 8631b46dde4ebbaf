package dev.portolan.intake.load;

import dev.portolan.intake.mapping.Problem;
import java.util.List;
import java.util.Map;

/** What became of a batch: noted in one transaction once its resources are durable. */
record BatchResult(
    int number, Counts counts, byte[] raw, List<Problem> problems, List<Rejected> rejected, List<Origin> origins, Map<String, ProfileCount> profiles, List<ProfileFinding> findings) {

    /** The same for a table that may have any of the origins. */
    BatchResult withoutNews() {
        List<Origin> any = origins.stream().map(origin -> new Origin(origin.type(), origin.id(), origin.line(), false)).toList();
        return new BatchResult(number, counts, raw, problems, rejected, any, profiles, findings);
    }

    /** Lines: {@code lines = mapped + merged + rejected}. Resources: created, updated, unchanged. */
    record Counts(long firstLine, long lastLine, int lines, int mapped, int merged, int rejected, int warned, int created, int updated, int unchanged) {}

    record Rejected(long line, int lines, byte[] raw, List<Problem> reasons) {}

    /** @param isNew true if there never was such a resource before this batch, and so no origin of it */
    record Origin(String type, String id, long line, boolean isNew) {}

    /** @param notChecked valid, but something could not be checked */
    record ProfileCount(int checked, int valid, int notChecked) {

        ProfileCount plus(ProfileCount other) {
            return new ProfileCount(checked + other.checked, valid + other.valid, notChecked + other.notChecked);
        }
    }

    record ProfileFinding(String profile, String issue, String example) {}
}
