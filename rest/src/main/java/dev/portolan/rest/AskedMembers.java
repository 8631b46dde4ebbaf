package dev.portolan.rest;

import dev.portolan.fhir.search.SearchQuery.RawParameter;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The Patients that a request names, whether or not there are such: of an answer that gave nothing the trail has to say whom it was about. */
final class AskedMembers {

    /** Callers choose how many they name. */
    private static final int MOST = 200;
    private static final String PATIENT = "Patient";
    private static final Set<String> PARAMETERS = Set.of("patient", "subject", "beneficiary");

    private AskedMembers() {}

    static List<String> of(Route route, List<RawParameter> parameters) {
        boolean named = route.type().equals(PATIENT) && !route.id().isEmpty();
        return named ? List.of(route.id()) : of(route.type().isEmpty() ? List.of() : List.of(route.type()), parameters);
    }

    static List<String> of(List<String> types, List<RawParameter> parameters) {
        TreeSet<String> ids = new TreeSet<>();
        boolean patients = types.size() == 1 && types.get(0).equals(PATIENT);
        for (RawParameter parameter : parameters) {
            String name = parameter.name().endsWith(":" + PATIENT) ? parameter.name().substring(0, parameter.name().length() - PATIENT.length() - 1) : parameter.name();
            if (PARAMETERS.contains(name) || patients && name.equals("_id")) {
                add(parameter.value(), ids);
            }
        }
        return List.copyOf(ids);
    }

    private static void add(String values, Set<String> ids) {
        for (String value : values.split(",")) {
            int slash = value.lastIndexOf('/');
            boolean patient = slash < 0 || value.substring(0, slash).equals(PATIENT) || value.substring(0, slash).endsWith("/" + PATIENT);
            String id = value.substring(slash + 1);
            if (patient && Route.isId(id) && ids.size() < MOST) {
                ids.add(id);
            }
        }
    }
}
