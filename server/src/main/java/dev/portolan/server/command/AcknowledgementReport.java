package dev.portolan.server.command;

import java.io.PrintWriter;

import com.fasterxml.jackson.databind.JsonNode;

/** What X12 files were acknowledged with, for a terminal: interchanges, groups, and of transactions those that are not simply accepted. */
final class AcknowledgementReport {

    private static final int MOST = 20;

    private AcknowledgementReport() {
    }

    static void print(JsonNode files, PrintWriter out) {
        for (JsonNode file : files) {
            out.printf("%n  %s: acknowledgement%n", file.path("name").asText());
            JsonNode report = file.path("report");
            for (JsonNode interchange : report.path("interchanges")) {
                out.printf("    TA1 %-9s interchange %s%s%s%n", interchange.path("status").asText().toLowerCase(java.util.Locale.ROOT), interchange.path("number").asText(),
                    interchange.path("note").asText().equals("000") ? "" : ": " + interchange.path("note").asText() + " " + interchange.path("meaning").asText(), interchange.path("test").asBoolean() ? " (test data)" : "");
                interchange.path("groups").forEach(group -> group(group, out));
            }
            if (report.hasNonNull("broken")) {
                out.printf("    nothing could be read behind segment %d: %s%n", report.path("segments").asLong(), report.path("broken").asText());
            }
        }
    }

    private static void group(JsonNode group, PrintWriter out) {
        out.printf("    999 %-9s group %s: %d of %d transactions accepted%s%n", group.path("status").asText().toLowerCase(java.util.Locale.ROOT), group.path("number").asText(), group.path("accepted").asLong(),
            group.path("received").asLong(), group.path("errors").isEmpty() ? "" : ", AK905 " + group.path("errors"));
        int shown = 0;
        for (JsonNode transaction : group.path("transactions")) {
            if (transaction.path("errors").isEmpty() || ++shown > MOST) {
                continue;
            }
            out.printf("        %-9s %s %s, IK502 %s%n", transaction.path("status").asText().toLowerCase(java.util.Locale.ROOT), transaction.path("set").asText(), transaction.path("number").asText(), transaction.path("errors"));
            int segments = 0;
            for (JsonNode segment : transaction.path("segments")) {
                if (++segments > MOST) {
                    out.printf("            ... and %d more%n", transaction.path("segments").size() - MOST);
                    break;
                }
                out.printf("            segment %d (line %d) %s%n", segment.path("position").asLong(), segment.path("line").asLong(), segment.path("meaning").asText());
            }
        }
    }
}
