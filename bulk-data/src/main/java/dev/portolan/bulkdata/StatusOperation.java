package dev.portolan.bulkdata;

import dev.portolan.rest.FhirException;
import dev.portolan.rest.OperationAnswer;
import dev.portolan.rest.OperationRequest;
import dev.portolan.rest.Problem;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** The polling location: how far an export is, what it gave, and its deletion (Bulk Data Access 2.0, Bulk Data Status Request and Delete Request). */
final class StatusOperation extends OwnOperation {

    static final String NAME = "$export-status";
    /** As RFC 9110, section 5.6.7 has it: two digits for the day. */
    static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH).withZone(ZoneOffset.UTC);
    private static final int LONGEST_WAIT_SECONDS = 10;
    private static final int SECONDS_FOR_ONE_MORE = 10;

    private final Exports exports;
    private final ExportRows rows;

    StatusOperation(Exports exports, ExportRows rows) {
        super(NAME, "GET", "DELETE");
        this.exports = exports;
        this.rows = rows;
    }

    @Override
    public OperationAnswer invoke(OperationRequest request) {
        Export export = exports.own(request, parameter(request, "export"));
        if (request.method().equals("DELETE")) {
            exports.delete(export);
            return OperationAnswer.remark(202, "The export and its files are deleted.").recorded("$export-delete", List.of(), null, 0, List.of());
        }
        return answer(export).recorded(NAME, List.of(), null, 0, List.of());
    }

    private OperationAnswer answer(Export export) {
        if (export.state() == Export.State.FAILED) {
            throw new FhirException(Problem.INTERNAL, "the export failed: " + export.failure());
        }
        if (export.state() == Export.State.COMPLETE) {
            return OperationAnswer.json(200, Manifest.of(export, rows.files(export.id()))).with("Expires", HTTP_DATE.format(export.expires()));
        }
        long wait = secondsToWait(export.created());
        Instant polled = export.lastPolled();
        long since = polled == null ? Long.MAX_VALUE : Duration.between(polled, Instant.now()).toMillis();
        // Half of what was asked for is let pass: clocks and networks are not exact. A time that is far ahead is another clock's, and would keep a client waiting until it comes.
        if (Math.abs(since) < wait * 500) {
            throw new FhirException(Problem.THROTTLED, "asked too often: wait as long as Retry-After says").with("Retry-After", Long.toString(wait));
        }
        rows.polled(export.id());
        return OperationAnswer.empty(202).with("X-Progress", progress(export)).with("Retry-After", Long.toString(wait));
    }

    /** The longer it takes already, the later it is worth asking again. */
    static long secondsToWait(Instant created) {
        long age = Duration.between(created, Instant.now()).toSeconds();
        return Math.min(LONGEST_WAIT_SECONDS, 1 + Math.max(0, age) / SECONDS_FOR_ONE_MORE);
    }

    /** Under 100 characters. */
    private String progress(Export export) {
        if (export.state() == Export.State.QUEUED) {
            return "waiting for its turn";
        }
        Export.Progress progress = rows.progress(export.id());
        return progress.parts() == 0 ? "beginning" : progress.membersDone() + " of " + progress.members() + " members, " + progress.resources() + " resources";
    }
}
