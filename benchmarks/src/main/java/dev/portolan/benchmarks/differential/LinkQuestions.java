package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Questions that go along references: chains, {@code _has}, {@code _include} and {@code _revinclude}. */
final class LinkQuestions {

    private final SampleData data;
    private final Map<String, List<ParameterDefinition>> inUse;
    private final Choice choice;
    private final ValueQuestions values;

    /** @param inUse parameters that have a value somewhere in the data, by resource type */
    LinkQuestions(SampleData data, Map<String, List<ParameterDefinition>> inUse, Choice choice, ValueQuestions values) {
        this.data = data;
        this.inUse = inUse;
        this.choice = choice;
        this.values = values;
    }

    void about(ParameterDefinition parameter, Set<SearchQuestion> questions) {
        chains(parameter, questions);
        reverseChains(parameter, questions);
        inclusions(parameter, questions);
    }

    private void chains(ParameterDefinition parameter, Set<SearchQuestion> questions) {
        ObjectNode from = choice.of(choice.withValue(parameter));
        String reference = choice.value(from, parameter).path("reference").asText();
        ObjectNode target = data.get(reference);
        if (target == null) {
            return;
        }
        String targetType = target.path("resourceType").asText();
        List<ParameterDefinition> there = inUse.get(targetType).stream()
                .filter(p -> Set.of("string", "token", "date", "reference").contains(p.kind()))
                .filter(p -> !p.values(target).isEmpty())
                .toList();
        if (there.isEmpty()) {
            return;
        }
        ParameterDefinition linked = choice.of(there);
        List<SearchQuestion> plain = values.about(linked, choice.value(target, linked)).stream()
                .filter(q -> q.parameters().size() == 1 && !q.kind().endsWith(":missing") && !q.kind().endsWith(":not")
                        && !q.kind().endsWith(":identifier") && !isPartialBound(q))
                .toList();
        if (plain.isEmpty()) {
            return;
        }
        SearchQuestion.Parameter last = choice.of(plain).parameters().get(0);
        String typed = parameter.targets().size() == 1 && choice.yes() ? "" : ":" + targetType;
        questions.add(SearchQuestion.of("chain:" + linked.kind(), parameter.resourceType(),
                parameter.name() + typed + "." + last.name(), last.value()));
    }

    /** The peer gets {@code ge2020} wrong (see the accepted differences), which could not be told apart behind a chain. */
    static boolean isPartialBound(SearchQuestion question) {
        return question.parameters().get(0).value().matches("(ge|le)\\d{4}(-\\d{2})?");
    }

    private void reverseChains(ParameterDefinition parameter, Set<SearchQuestion> questions) {
        ObjectNode from = choice.of(choice.withValue(parameter));
        String reference = choice.value(from, parameter).path("reference").asText();
        if (data.get(reference) == null) {
            return;
        }
        String targetType = reference.substring(0, reference.indexOf('/'));
        List<ParameterDefinition> here = inUse.get(parameter.resourceType()).stream()
                .filter(p -> Set.of("token", "date", "string").contains(p.kind()))
                .filter(p -> !p.values(from).isEmpty())
                .toList();
        if (here.isEmpty()) {
            return;
        }
        ParameterDefinition condition = choice.of(here);
        List<SearchQuestion> plain = values.about(condition, choice.value(from, condition)).stream()
                .filter(q -> q.parameters().size() == 1 && !q.parameters().get(0).name().contains(":") && !isPartialBound(q))
                .toList();
        if (!plain.isEmpty()) {
            SearchQuestion.Parameter last = choice.of(plain).parameters().get(0);
            questions.add(SearchQuestion.of("_has:" + condition.kind(), targetType,
                    "_has:" + parameter.resourceType() + ":" + parameter.name() + ":" + last.name(), last.value()));
        }
    }

    private void inclusions(ParameterDefinition parameter, Set<SearchQuestion> questions) {
        Set<String> targets = data.targetTypes(parameter);
        if (targets.isEmpty()) {
            return;
        }
        String type = parameter.resourceType();
        String target = choice.of(targets.stream().sorted().toList());
        ObjectNode one = choice.of(choice.withValue(parameter));
        String include = type + ":" + parameter.name() + (choice.yes() ? "" : ":" + target);
        questions.add(SearchQuestion.of("_include", type, "_id", one.path("id").asText()).and("_include", include));
        questions.add(SearchQuestion.of("_include:*", type, "_id", one.path("id").asText()).and("_include", "*"));
        questions.add(SearchQuestion.of("_include:iterate", type, "_id", one.path("id").asText())
                .and("_include", include)
                .and("_include:iterate", onwards(target)));
        String reference = choice.value(one, parameter).path("reference").asText();
        if (data.get(reference) != null) {
            String referred = reference.substring(0, reference.indexOf('/'));
            SearchQuestion about = SearchQuestion.of("_revinclude", referred, "_id", reference.substring(reference.indexOf('/') + 1));
            questions.add(about.and("_revinclude", type + ":" + parameter.name()));
        }
    }

    /** A second hop: some reference parameter of the target. */
    private String onwards(String target) {
        List<ParameterDefinition> references = inUse.get(target).stream()
                .filter(p -> p.kind().equals("reference") && !data.targetTypes(p).isEmpty())
                .toList();
        return references.isEmpty() ? "Patient:general-practitioner" : target + ":" + choice.of(references).name();
    }
}
