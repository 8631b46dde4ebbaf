package dev.portolan.provideraccess;

import dev.portolan.bulkdata.ExportPolicy.Place;
import dev.portolan.bulkdata.Exports;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.FhirOperation;
import dev.portolan.rest.OperationAnswer;
import dev.portolan.rest.OperationRequest;
import dev.portolan.rest.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** {@code Group/[id]/$davinci-data-export} (Da Vinci ATR 2.1, and PDex 2.1, Provider Access API): an export of a list that says what it is for. */
final class DataExport implements FhirOperation {

    static final String DOWNLOAD = "provider-download";
    static final String DELTA = "provider-delta";
    static final String SNAPSHOT = "provider-snapshot";

    private static final String TYPE = "exportType";
    private static final String PDEX = "hl7.fhir.us.davinci-pdex";
    private static final Map<String, String> KINDS = Map.of(PDEX, DOWNLOAD, PDEX + "#" + DOWNLOAD, DOWNLOAD, PDEX + "#" + DELTA, DELTA, PDEX + "#" + SNAPSHOT, SNAPSHOT);

    private final Exports exports;

    DataExport(Exports exports) {
        this.exports = exports;
    }

    @Override
    public String name() {
        return "$davinci-data-export";
    }

    @Override
    public String definition() {
        return "http://hl7.org/fhir/us/davinci-atr/OperationDefinition/davinci-data-export";
    }

    @Override
    public Set<Level> levels() {
        return Set.of(Level.INSTANCE);
    }

    @Override
    public Set<String> types() {
        return Set.of("Group");
    }

    @Override
    public boolean affectsState() {
        return true;
    }

    @Override
    public OperationAnswer invoke(OperationRequest request) {
        String kind = kind(request);
        String id = exports.start(request, Place.GROUP, new Exports.Kind(kind, Set.of(TYPE), true));
        return OperationAnswer.remark(202, "The export has begun. Ask for its state at the Content-Location.").with("Content-Location", exports.poll(request, id))
            .recorded(name(), List.of(), "Group/" + request.id(), 0, List.of());
    }

    private static String kind(OperationRequest request) {
        Set<String> kinds = new TreeSet<>();
        for (String asked : asked(request)) {
            String kind = KINDS.get(asked);
            if (kind == null) {
                throw new FhirException(Problem.BAD_PARAMETER, "exportType is one of " + PDEX + "#provider-download, #provider-delta and #provider-snapshot here");
            }
            kinds.add(kind);
        }
        if (kinds.size() > 1) {
            throw new FhirException(Problem.BAD_PARAMETER, "exportType is given once");
        }
        return kinds.isEmpty() ? DOWNLOAD : kinds.iterator().next();
    }

    /** In the URL, in the body, or in both, as the other parameters. */
    private static List<String> asked(OperationRequest request) {
        List<String> asked = new ArrayList<>();
        request.parameters().stream().filter(parameter -> TYPE.equals(parameter.name())).forEach(parameter -> asked.add(parameter.value()));
        JsonDocument body = request.body();
        for (JsonValue parameter : body == null ? List.<JsonValue>of() : body.root().each("parameter")) {
            if (TYPE.equals(parameter.fieldText("name"))) {
                asked.add(List.of("valueCanonical", "valueString", "valueUri", "valueCode").stream().map(parameter::fieldText).filter(value -> value != null).findFirst().orElse(""));
            }
        }
        return asked;
    }
}
