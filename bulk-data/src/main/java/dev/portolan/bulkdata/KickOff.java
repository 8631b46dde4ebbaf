package dev.portolan.bulkdata;

import dev.portolan.bulkdata.ExportPolicy.Place;
import dev.portolan.rest.FhirOperation;
import dev.portolan.rest.OperationAnswer;
import dev.portolan.rest.OperationRequest;
import java.util.List;
import java.util.Set;

/** {@code $export} at one of its three places (Bulk Data Access 2.0, Bulk Data Kick-off Request). */
final class KickOff implements FhirOperation {

    private static final String DEFINITIONS = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/";

    private final Exports exports;
    private final Place place;

    private KickOff(Exports exports, Place place) {
        this.exports = exports;
        this.place = place;
    }

    static KickOff export(Exports exports, Place place) {
        return new KickOff(exports, place);
    }

    @Override
    public String name() {
        return "$export";
    }

    @Override
    public String definition() {
        return DEFINITIONS + switch (place) {
            case SYSTEM -> "export";
            case PATIENT -> "patient-export";
            case GROUP -> "group-export";
        };
    }

    @Override
    public Set<FhirOperation.Level> levels() {
        return Set.of(switch (place) {
            case SYSTEM -> FhirOperation.Level.SYSTEM;
            case PATIENT -> FhirOperation.Level.TYPE;
            case GROUP -> FhirOperation.Level.INSTANCE;
        });
    }

    @Override
    public Set<String> types() {
        return switch (place) {
            case SYSTEM -> Set.of();
            case PATIENT -> Set.of("Patient");
            case GROUP -> Set.of("Group");
        };
    }

    @Override
    public boolean affectsState() {
        return false;
    }

    @Override
    public OperationAnswer invoke(OperationRequest request) {
        String poll = exports.start(request, place);
        String group = place == Place.GROUP ? "Group/" + request.id() : null;
        return OperationAnswer.remark(202, "The export has begun. Ask for its state at the Content-Location.").with("Content-Location", poll).recorded("$export", List.of(), group, 0, List.of());
    }
}
