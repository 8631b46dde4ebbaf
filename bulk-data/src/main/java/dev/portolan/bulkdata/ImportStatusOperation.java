package dev.portolan.bulkdata;

import dev.portolan.intake.load.LoadRun;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.OperationAnswer;
import dev.portolan.rest.OperationRequest;
import dev.portolan.rest.Problem;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** The polling location of an import: how far it is, what became of its files, and its deletion once it has ended. */
final class ImportStatusOperation extends OwnOperation {

    static final String NAME = "$import-status";

    private final Imports imports;
    private final ImportServices services;

    ImportStatusOperation(Imports imports, ImportServices services) {
        super(NAME, "GET", "DELETE");
        this.imports = imports;
        this.services = services;
    }

    @Override
    public OperationAnswer invoke(OperationRequest request) {
        Import asked = imports.own(request);
        if (request.method().equals("DELETE")) {
            if (asked.state() == Import.State.RUNNING) {
                throw new FhirException(Problem.CONFLICT, "the import is under way: what is loaded already would stay, so it is not cancelled; delete it when it has ended");
            }
            imports.forget(asked);
            return OperationAnswer.remark(202, "The import is forgotten; what it loaded stays.").recorded("$import-delete", List.of(), null, 0, List.of());
        }
        return answer(asked).recorded(NAME, List.of(), null, 0, List.of());
    }

    private OperationAnswer answer(Import asked) {
        if (asked.state() == Import.State.FAILED) {
            throw new FhirException(Problem.INTERNAL, "the import failed: " + asked.failure());
        }
        if (asked.state() == Import.State.COMPLETE) {
            return OperationAnswer.json(200, manifest(asked).getBytes(StandardCharsets.UTF_8)).with("Expires", StatusOperation.HTTP_DATE.format(asked.expires()));
        }
        Long run = asked.run();
        String progress = run == null ? "fetching " + asked.inputs().size() + " files"
            : services.loads().progress(run).map(now -> "loading, " + now.lines() + " lines of the present file").orElse("loading");
        return OperationAnswer.empty(202).with("X-Progress", progress).with("Retry-After", Long.toString(StatusOperation.secondsToWait(asked.created())));
    }

    /** For each file of the manifest how many lines are loaded, and where there are any, a file with an OperationOutcome for each that is not. */
    private String manifest(Import asked) {
        List<LoadRun.FileReport> reports = imports.reports(asked);
        StringBuilder output = new StringBuilder();
        StringBuilder error = new StringBuilder();
        for (int i = 0; i < asked.inputs().size(); i++) {
            Import.Input input = asked.inputs().get(i);
            String name = asked.fileName(i);
            LoadRun.FileReport report = reports.stream().filter(found -> found.name().equals(name)).findFirst().orElseThrow();
            String url = Json.text(input.url().toString());
            output.append(output.isEmpty() ? "" : ",").append("{\"type\":\"").append(input.type()).append("\",\"inputUrl\":").append(url).append(",\"count\":").append(report.lines() - report.rejected()).append('}');
            if (report.rejected() > 0) {
                error.append(error.isEmpty() ? "" : ",").append("{\"type\":\"OperationOutcome\",\"inputUrl\":").append(url).append(",\"count\":").append(ImportErrorsOperation.lines(report.rejected())).append(",\"url\":")
                    .append(Json.text(asked.baseUrl() + "/" + ImportErrorsOperation.NAME + "?import=" + asked.id() + "&file=" + i)).append('}');
            }
        }
        return "{\"transactionTime\":\"" + Manifest.INSTANT.format(Objects.requireNonNull(asked.finished())) + "\",\"request\":" + Json.text(asked.requestUrl()) + ",\"requiresAccessToken\":true,\"output\":["
            + output + "],\"error\":[" + error + "]}";
    }
}
