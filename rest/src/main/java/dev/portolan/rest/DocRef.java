package dev.portolan.rest;

import dev.portolan.fhir.search.SearchQuery.RawParameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** US Core's {@code DocumentReference/$docref}: the documents that are there, by patient, type and time of care. On demand none are made. */
final class DocRef implements FhirOperation {

    /** Nothing has two ids. */
    private static final List<String> NOTHING = List.of("none", "on-demand");

    private final Searches searches;

    DocRef(Searches searches) {
        this.searches = searches;
    }

    @Override
    public String name() {
        return "$docref";
    }

    @Override
    public String definition() {
        return "http://hl7.org/fhir/us/core/OperationDefinition/docref";
    }

    @Override
    public Set<Level> levels() {
        return Set.of(Level.TYPE);
    }

    @Override
    public Set<String> types() {
        return Set.of("DocumentReference");
    }

    @Override
    public boolean affectsState() {
        return false;
    }

    @Override
    public OperationAnswer invoke(OperationRequest invoked) {
        return OperationAnswer.of(answer(invoked.call(), invoked.request()));
    }

    private Answer answer(Call call, FhirRequest request) {
        OperationInput input = new OperationInput(request);
        List<RawParameter> parameters = new ArrayList<>();
        parameters.add(new RawParameter("patient", input.required("patient", name())));
        if (onDemandOnly(input)) {
            // "If the server cannot generate a document based on the specified parameters, the operation will return an empty search bundle."
            NOTHING.forEach(id -> parameters.add(new RawParameter("_id", id)));
        }
        range(input, "start", "ge", parameters);
        range(input, "end", "le", parameters);
        type(input, parameters);
        for (String profile : input.texts("profile")) {
            parameters.add(new RawParameter("_profile", profile));
        }
        FhirRequest search = new FhirRequest("GET", new Route(Route.Kind.TYPE, "DocumentReference", "", ""), parameters, request.presentation(), Preconditions.NONE, () -> FhirRequest.Body.NONE);
        return searches.search(call, call.view(), new Searches.Scope(List.of("DocumentReference"), "DocumentReference", null), search);
    }

    private static boolean onDemandOnly(OperationInput input) {
        String text = input.text("on-demand");
        if (text != null && !text.equals("true") && !text.equals("false")) {
            throw new FhirException(Problem.BAD_PARAMETER, "on-demand is true or false");
        }
        return "true".equals(text);
    }

    /** The time of care, not the time of writing (US Core docref, parameter start). */
    private static void range(OperationInput input, String name, String prefix, List<RawParameter> parameters) {
        String value = input.text(name);
        if (value != null) {
            FhirDate.of(name, value);
            parameters.add(new RawParameter("period", prefix + value));
        }
    }

    private static void type(OperationInput input, List<RawParameter> parameters) {
        var concept = input.value("type");
        if (concept != null && concept.isObject()) {
            var coding = concept.field("coding") == null ? concept : concept.field("coding").firstChild();
            if (coding != null && coding.fieldText("code") != null) {
                String system = coding.fieldText("system");
                parameters.add(new RawParameter("type", (system == null ? "" : system + "|") + coding.fieldText("code")));
            }
        } else if (input.text("type") != null) {
            parameters.add(new RawParameter("type", String.valueOf(input.text("type"))));
        }
    }
}
