package dev.portolan.intake.x12;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where in the mouth a dental service was done: teeth with their surfaces (TOO), else areas (SV304). A line has one place of its own; further ones are told beside it, as CARIN Blue Button has them. */
final class Teeth {

    private static final String TOOTH = "http://terminology.hl7.org/CodeSystem/ADAUniversalToothDesignationSystem";
    private static final String AREA = "http://terminology.hl7.org/CodeSystem/ADAAreaOralCavitySystem";
    /** The two versions of the guide name the code system of surfaces differently. */
    private static final List<String> SURFACES = List.of("http://terminology.hl7.org/CodeSystem/ADAToothSurfaceCodes", "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBSurfaceCodes");
    private static final String INFO = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBSupportingInfoType";
    private static final int MOST_COMPONENTS = 5;

    private Teeth() {}

    private record Place(String system, String code) {}

    static void add(ObjectNode claim, Submission submission) {
        Map<Place, Integer> told = new HashMap<>();
        for (int i = 0; i < submission.lines().size(); i++) {
            Submission.Line line = submission.lines().get(i);
            Segment service = line.first("SV3");
            if (service != null && claim.path("item").path(i) instanceof ObjectNode item) {
                places(claim, item, line, service, told);
            }
        }
    }

    private static void places(ObjectNode claim, ObjectNode item, Submission.Line line, Segment service, Map<Place, Integer> told) {
        List<Segment> teeth = line.segments().stream().filter(segment -> segment.is("TOO") && !segment.at(2).isEmpty()).toList();
        List<Place> places = new ArrayList<>(teeth.stream().map(tooth -> new Place(TOOTH, tooth.at(2))).distinct().toList());
        components(service, 4).forEach(area -> places.add(new Place(AREA, area)));
        if (places.isEmpty()) {
            return;
        }
        coding(item.putObject("bodySite"), places.get(0));
        if (!teeth.isEmpty() && !components(teeth.get(0), 3).isEmpty()) {
            ArrayNode surfaces = item.putArray("subSite");
            for (String surface : components(teeth.get(0), 3)) {
                ArrayNode codings = surfaces.addObject().putArray("coding");
                SURFACES.forEach(system -> codings.addObject().put("system", system).put("code", surface));
            }
        }
        for (Place further : places.subList(1, places.size())) {
            ArrayNode sequences = item.path("informationSequence") instanceof ArrayNode there ? there : item.putArray("informationSequence");
            sequences.add(told.computeIfAbsent(further, none -> information(claim, further)));
        }
    }

    private static List<String> components(Segment segment, int element) {
        List<String> components = new ArrayList<>();
        for (int i = 1; i <= MOST_COMPONENTS; i++) {
            if (!segment.at(element, i).isEmpty()) {
                components.add(segment.at(element, i).toUpperCase(java.util.Locale.ROOT));
            }
        }
        return components;
    }

    private static int information(ObjectNode claim, Place place) {
        ArrayNode all = claim.path("supportingInfo") instanceof ArrayNode there ? there : claim.putArray("supportingInfo");
        int sequence = all.size() + 1; // they are counted without holes
        ObjectNode one = all.addObject().put("sequence", sequence);
        one.putObject("category").putArray("coding").addObject().put("system", INFO).put("code", "additionalbodysite");
        coding(one.putObject("code"), place);
        return sequence;
    }

    private static void coding(ObjectNode concept, Place place) {
        concept.putArray("coding").addObject().put("system", place.system()).put("code", place.code());
    }
}
