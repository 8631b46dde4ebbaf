package dev.portolan.server.command;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A load's report for a terminal. */
final class LoadReportText {

    private static final int MOST_PROBLEMS = 12;

    private LoadReportText() {
    }

    static void print(JsonNode run, URI server, PrintWriter out) {
        double seconds = Duration.between(Instant.parse(run.path("started").asText()), Instant.parse(run.path("finished").asText())).toMillis() / 1000.0;
        long resources = 0;
        out.printf("%nLoad %d of %s: %s (%.1f s)%n%n", run.path("id").asLong(), run.path("feed").asText(), run.path("state").asText().toLowerCase(java.util.Locale.ROOT), seconds);
        out.printf("  %-16s %10s %10s %10s %10s %10s | %10s %10s %10s %8s%n", "part", "lines", "records", "merged", "rejected", "warned", "created", "updated", "unchanged", "closed");
        for (JsonNode file : run.path("files")) {
            out.printf("  %-16s %,10d %,10d %,10d %,10d %,10d | %,10d %,10d %,10d %,8d%n", file.path("part").asText(), file.path("lines").asLong(), file.path("mapped").asLong(), file.path("merged").asLong(),
                file.path("rejected").asLong(), file.path("warned").asLong(), file.path("created").asLong(), file.path("updated").asLong(), file.path("unchanged").asLong(), file.path("closed").asLong());
            if (file.hasNonNull("note")) {
                out.printf("  %-16s %s%n", "", file.path("note").asText());
            }
            resources += file.path("created").asLong() + file.path("updated").asLong() + file.path("unchanged").asLong();
        }
        out.printf("%n  %,d resources, %,.0f a second%n", resources, resources / Math.max(seconds, 0.001));
        for (JsonNode file : run.path("files")) {
            problems(file, out);
            profiles(file, out);
        }
        long rejected = 0;
        for (JsonNode file : run.path("files")) {
            rejected += file.path("rejected").asLong();
        }
        if (rejected > 0) {
            out.printf("%nThe rejected records wait in quarantine: %s/staff/loads/%d%n", server, run.path("id").asLong());
        }
        if (run.hasNonNull("failure")) {
            out.printf("%nIt stopped: %s%n", run.path("failure").asText());
        }
    }

    private static void problems(JsonNode file, PrintWriter out) {
        if (file.path("problems").isEmpty()) {
            return;
        }
        out.printf("%n  %s%n", file.path("name").asText());
        int shown = 0;
        for (JsonNode problem : file.path("problems")) {
            if (++shown > MOST_PROBLEMS) {
                out.printf("    ... and %d more kinds%n", file.path("problems").size() - MOST_PROBLEMS);
                break;
            }
            List<String> lines = new ArrayList<>();
            problem.path("examples").forEach(line -> lines.add(line.asText()));
            out.printf("    %-8s %,9d  %s (lines %s)%n", problem.path("rejected").asBoolean() ? "rejected" : "warning", problem.path("lines").asLong(), problem.path("message").asText(), String.join(", ", lines));
        }
    }

    private static void profiles(JsonNode file, PrintWriter out) {
        for (JsonNode profile : file.path("profiles")) {
            String name = profile.path("profile").asText();
            out.printf("    %-8s %,9d  of %,d checked against %s%s%n", "valid", profile.path("valid").asLong(), profile.path("checked").asLong(), name.substring(name.lastIndexOf('/') + 1),
                profile.path("notChecked").asLong() == 0 ? "" : " (%,d with codes that could not be checked)".formatted(profile.path("notChecked").asLong()));
            for (JsonNode issue : profile.path("issues")) {
                out.printf("    %-8s %,9d  %s (%s)%n", "  not", issue.path("count").asLong(), issue.path("issue").asText(), issue.path("example").asText());
            }
        }
    }
}
