package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import dev.portolan.benchmarks.http.FhirClient;
import dev.portolan.benchmarks.http.FhirResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a server said to a search, all pages taken together.
 *
 * @param matches {@code Type/id} in the order given
 * @param included what came along with the matches
 * @param fault what is wrong with the answer whatever the other server says (a page that repeats a match), or empty
 */
record SearchAnswer(int status, List<String> matches, Set<String> included, String diagnostics, String fault) {

    private static final int MOST_PAGES = 400;

    static SearchAnswer ask(FhirClient server, SearchQuestion question) {
        List<String> matches = new ArrayList<>();
        Set<String> included = new TreeSet<>();
        String next = question.url();
        String fault = "";
        for (int page = 0; !next.isEmpty(); page++) {
            FhirResponse response = server.get(next);
            if (!response.successful()) {
                return new SearchAnswer(response.status(), matches, included, response.diagnostics(), page > 0 ? "page refused" : "");
            }
            if (page == MOST_PAGES) {
                fault = "more than " + MOST_PAGES + " pages";
                break;
            }
            collect(response.body(), matches, included);
            next = nextLink(response.body());
        }
        if (new TreeSet<>(matches).size() != matches.size()) {
            fault = "a match is there twice";
        }
        return new SearchAnswer(200, List.copyOf(matches), Set.copyOf(included), "", fault);
    }

    private static void collect(JsonNode bundle, List<String> matches, Set<String> included) {
        for (JsonNode entry : bundle.path("entry")) {
            JsonNode resource = entry.path("resource");
            String id = resource.path("resourceType").asText() + "/" + resource.path("id").asText();
            switch (entry.path("search").path("mode").asText()) {
                case "match" -> matches.add(id);
                case "include" -> included.add(id);
                default -> {
                    // An OperationOutcome about the search itself.
                }
            }
        }
    }

    private static String nextLink(JsonNode bundle) {
        for (JsonNode link : bundle.path("link")) {
            if (link.path("relation").asText().equals("next")) {
                return link.path("url").asText();
            }
        }
        return "";
    }

    /** Matches and what was included, without regard to which is which: a resource can be both. */
    Set<String> everything() {
        Set<String> all = new TreeSet<>(matches);
        all.addAll(included);
        return all;
    }

    boolean refused() {
        return status >= 400 && status < 500;
    }

    boolean sameAs(SearchAnswer other, boolean ordered) {
        if (refused() && other.refused()) {
            return true;
        }
        return status == other.status
                && fault.isEmpty()
                && everything().equals(other.everything())
                && (ordered ? matches.equals(other.matches) : Set.copyOf(matches).equals(Set.copyOf(other.matches)));
    }
}
