package dev.portolan.bulkdata;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.FhirOperation;
import dev.portolan.rest.OperationAnswer;
import dev.portolan.rest.OperationRequest;
import dev.portolan.rest.Problem;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The kick-off of an import: a manifest as JSON (SMART's bulk import proposal, Bulk Data Import Kick-off Request). */
final class ImportOperation implements FhirOperation {

    private static final String FORMAT = "application/fhir+ndjson";
    private static final int MOST_FILES = 1_000;

    private final Imports imports;
    private final ImportSettings settings;

    ImportOperation(Imports imports, ImportSettings settings) {
        this.imports = imports;
        this.settings = settings;
    }

    @Override
    public String name() {
        return "$import";
    }

    @Override
    public @Nullable String definition() {
        return null;
    }

    @Override
    public Set<Level> levels() {
        return Set.of(Level.SYSTEM);
    }

    @Override
    public Set<String> types() {
        return Set.of();
    }

    @Override
    public boolean affectsState() {
        return true;
    }

    @Override
    public OperationAnswer invoke(OperationRequest request) {
        Imports.requireEverything(request.view().grant());
        String prefer = request.header("Prefer");
        if (prefer == null || !prefer.contains("respond-async")) {
            throw new FhirException(Problem.BAD_HEADER, "an import runs in the background: send the header Prefer: respond-async");
        }
        JsonDocument body = request.body();
        if (body == null || body.root().fieldText("resourceType") != null) {
            throw new FhirException(Problem.BAD_JSON, "an import is started with a manifest: {\"inputFormat\":\"" + FORMAT + "\",\"input\":[{\"type\":\"Patient\",\"url\":\"https://...\"}]}");
        }
        String format = body.root().fieldText("inputFormat");
        if (!FORMAT.equals(format)) {
            throw new FhirException(Problem.BAD_PARAMETER, "inputFormat is " + FORMAT);
        }
        JsonValue storage = body.root().field("storageDetail");
        String kind = storage == null ? null : storage.fieldText("type");
        if (kind != null && !kind.equals("https")) {
            throw new FhirException(Problem.BAD_PARAMETER, "storageDetail.type is https: files are fetched by their URLs, without further rights");
        }
        String poll = imports.start(request, inputs(body.root().field("input")));
        return OperationAnswer.remark(202, "The import has begun. Ask for its state at the Content-Location.").with("Content-Location", poll).recorded("$import", List.of(), null, 0, List.of());
    }

    private List<Import.Input> inputs(@Nullable JsonValue listed) {
        List<Import.Input> inputs = new ArrayList<>();
        for (JsonValue entry : listed == null || !listed.isArray() ? List.<JsonValue>of() : listed.each()) {
            String type = entry.fieldText("type");
            String url = entry.fieldText("url");
            if (type == null || !type.matches("[A-Za-z]{1,64}") || url == null) {
                throw new FhirException(Problem.BAD_PARAMETER, "each input has a type, such as Patient, and a url");
            }
            inputs.add(new Import.Input(type, address(url)));
        }
        if (inputs.isEmpty() || inputs.size() > MOST_FILES) {
            throw new FhirException(Problem.BAD_PARAMETER, "input lists 1 to " + MOST_FILES + " files");
        }
        return inputs;
    }

    /** The server would otherwise be a way into whatever network it stands in. */
    private URI address(String url) {
        try {
            URI address = new URI(url);
            if (settings.allows(address)) {
                return address;
            }
        } catch (java.net.URISyntaxException e) {
            throw new FhirException(Problem.BAD_PARAMETER, "an input's url is no URL");
        }
        throw new FhirException(Problem.FORBIDDEN, "an input's url is of a server that files are not fetched from: the operator names those with portolan.bulk-data.import-sources");
    }
}
