package dev.portolan.benchmarks.differential;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One search to put to both servers.
 *
 * @param kind what is tried, such as {@code string:exact}; reports count by it
 * @param compartment {@code Patient/id} for a search of that compartment, or empty
 * @param ordered whether the order of the matches is part of the answer
 */
record SearchQuestion(String kind, String compartment, String resourceType, List<Parameter> parameters, boolean ordered) {

    /** A parameter as it stands in the URL, before percent-encoding. */
    record Parameter(String name, String value) {}

    SearchQuestion {
        parameters = List.copyOf(parameters);
    }

    static SearchQuestion of(String kind, String resourceType, String name, String value) {
        return new SearchQuestion(kind, "", resourceType, List.of(new Parameter(name, value)), false);
    }

    SearchQuestion and(String name, String value) {
        List<Parameter> more = new ArrayList<>(parameters);
        more.add(new Parameter(name, value));
        return new SearchQuestion(kind, compartment, resourceType, more, ordered);
    }

    /** The same search, of one compartment. */
    SearchQuestion within(String owner) {
        return new SearchQuestion("compartment", owner, resourceType, parameters, ordered);
    }

    /** The compartment's resources that name its owner by this parameter, as a search of the type. */
    SearchQuestion by(String parameter) {
        return new SearchQuestion(kind, "", resourceType, parameters, ordered).and(parameter, compartment);
    }

    SearchQuestion inOrder() {
        return new SearchQuestion(kind, compartment, resourceType, parameters, true);
    }

    /** The same search with all its matches on one page: the sample has fewer than this of any type. */
    SearchQuestion onOnePage() {
        List<Parameter> others = new ArrayList<>(parameters);
        others.removeIf(parameter -> parameter.name().equals("_count"));
        return new SearchQuestion(kind, compartment, resourceType, others, ordered).and("_count", "1000");
    }

    String url() {
        return path() + "?" + parameters.stream()
                .map(p -> encode(p.name()) + "=" + encode(p.value()))
                .collect(Collectors.joining("&"));
    }

    private String path() {
        return compartment.isEmpty() ? resourceType : compartment + "/" + resourceType;
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("%3A", ":").replace("%2C", ",").replace("%2F", "/");
    }

    @Override
    public String toString() {
        return path() + "?" + parameters.stream().map(p -> p.name() + "=" + p.value()).collect(Collectors.joining("&"));
    }
}
