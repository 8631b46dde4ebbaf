package dev.portolan.bulkdata;

import com.fasterxml.jackson.databind.JsonNode;
import dev.portolan.intake.load.LoadRun;
import dev.portolan.intake.load.Quarantine;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.OperationAnswer;
import dev.portolan.rest.OperationRequest;
import dev.portolan.rest.Problem;
import dev.portolan.rest.SentFile;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The lines of a file that were not loaded, an OperationOutcome each; the lines themselves wait in the quarantine to be corrected. */
final class ImportErrorsOperation extends OwnOperation {

    static final String NAME = "$import-errors";
    /** Lines that are told one by one; how many more there are is told in one more. */
    static final int MOST = 10_000;

    private final Imports imports;
    private final ImportServices services;

    ImportErrorsOperation(Imports imports, ImportServices services) {
        super(NAME, "GET");
        this.imports = imports;
        this.services = services;
    }

    @Override
    public OperationAnswer invoke(OperationRequest request) {
        Import asked = imports.own(request);
        String file = parameter(request, "file");
        Long run = asked.run();
        if (run == null || file == null || !file.matches("\\d{1,5}") || Integer.parseInt(file) >= asked.inputs().size()) {
            throw new FhirException(Problem.NOT_FOUND, "the import has no such file: its manifest names those that it has");
        }
        String name = asked.fileName(Integer.parseInt(file));
        LoadRun.FileReport report = imports.reports(asked).stream().filter(found -> found.name().equals(name)).findFirst()
            .orElseThrow(() -> new FhirException(Problem.NOT_FOUND, "the file is not loaded yet"));
        StringBuilder lines = new StringBuilder();
        List<Quarantine.Entry> told = services.quarantine().ofFile(report.id(), MOST);
        told.forEach(entry -> lines.append(outcome(entry)).append('\n'));
        if (report.rejected() > told.size()) {
            lines.append("{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"too-costly\",\"diagnostics\":\"").append(report.rejected() - told.size())
                .append(" more lines were not loaded; they wait in the quarantine\"}]}\n");
        }
        return OperationAnswer.file("application/fhir+ndjson", SentFile.of(lines.toString().getBytes(StandardCharsets.UTF_8))).recorded(NAME, List.of(), null, 0, List.of());
    }

    /** How many lines the file has. */
    static long lines(long rejected) {
        return rejected > MOST ? MOST + 1 : rejected;
    }

    private static String outcome(Quarantine.Entry entry) {
        StringBuilder issues = new StringBuilder();
        for (JsonNode reason : entry.reasons()) {
            issues.append(issues.isEmpty() ? "" : ",").append("{\"severity\":\"error\",\"code\":\"invalid\",\"diagnostics\":")
                .append(Json.text("line " + entry.line() + ": " + reason.path("code").asText() + ": " + reason.path("message").asText())).append('}');
        }
        return "{\"resourceType\":\"OperationOutcome\",\"issue\":[" + issues + "]}";
    }
}
