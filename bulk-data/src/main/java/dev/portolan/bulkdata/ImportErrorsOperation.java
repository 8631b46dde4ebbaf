package dev.portolan.bulkdata;

import com.fasterxml.jackson.databind.JsonNode;
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
    private static final int MOST = 10_000;

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
        StringBuilder lines = new StringBuilder();
        for (Quarantine.State state : Quarantine.State.values()) {
            services.quarantine().list(run, state, MOST).stream().filter(entry -> entry.fileName().equals(name)).forEach(entry -> lines.append(outcome(entry)).append('\n'));
        }
        return OperationAnswer.file("application/fhir+ndjson", SentFile.of(lines.toString().getBytes(StandardCharsets.UTF_8))).recorded(NAME, List.of(), null, 0, List.of());
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
