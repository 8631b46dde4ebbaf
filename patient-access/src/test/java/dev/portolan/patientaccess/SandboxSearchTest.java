package dev.portolan.patientaccess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.FhirPackage;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.rest.GuideSearches;
import dev.portolan.rest.GuideSearches.Combination;
import dev.portolan.rest.GuideSearches.Parameter;
import dev.portolan.rest.RunningServer;
import dev.portolan.rest.RunningServer.Reply;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Issue C, acceptance 3: every search that a guide's CapabilityStatement asks for, single and combined, finds among the sandbox's members what an independent scan finds. */
class SandboxSearchTest {

    private static final int MOST_VALUES = 6;
    private static final int MOST_COMBINED = 4;

    private static RunningServer server;
    private static String base;
    private static Scan scan;
    private final List<String> wrong = new ArrayList<>();
    private int searches;

    @BeforeAll
    static void load() {
        server = RunningServer.get();
        assumeTrue(server.packages.guide("hl7.fhir.us.core", "6.1.0").isPresent(), "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        SandboxMembersLoaded.into(server);
        base = SandboxMembersLoaded.base();
        scan = new Scan(server.fhir);
    }

    private static FhirPackage guide(String id, String version) {
        return server.packages.guide(id, version).orElseThrow();
    }

    @ParameterizedTest(name = "{0}#{1}")
    @CsvSource({"hl7.fhir.us.core,6.1.0,400", "hl7.fhir.us.carin-bb,2.0.0,80", "hl7.fhir.us.carin-bb,2.1.0,80", "hl7.fhir.us.davinci-pdex,2.1.0,300"})
    void rst03_to_rst25_pac11_pac13_pac14_pac29_everySearchFindsWhatAScanFinds(String id, String version, int atLeast) {
        GuideSearches asked = GuideSearches.of(guide(id, version), guide("hl7.fhir.us.core", "6.1.0"), guide(GuideRef.BASE.id(), GuideRef.BASE.version()));
        for (String type : asked.types()) {
            for (Parameter parameter : asked.parameters(type).values()) {
                if (!parameter.code().equals("_lastUpdated")) {
                    single(type, parameter);
                }
            }
            for (Combination combination : asked.combinations(type)) {
                combined(type, combination, asked.parameters(type));
            }
        }
        System.out.println(id + "#" + version + ": " + searches + " searches");
        assertThat(wrong).isEmpty();
        assertThat(searches).isGreaterThan(atLeast);
    }

    private void single(String type, Parameter parameter) {
        Set<String> values = new TreeSet<>();
        scan.of(type).forEach(name -> scan.texts(name, parameter).stream().limit(3).forEach(values::add));
        boolean first = true;
        for (String value : values.stream().limit(MOST_VALUES).toList()) {
            ask(type, Map.of(parameter.code(), value), scan.found(type, parameter, value), first);
            first = false;
        }
        if (parameter.type().equals("token") && values.size() > 1) {
            List<String> some = values.stream().limit(MOST_VALUES).toList();
            Set<String> any = new TreeSet<>();
            some.forEach(value -> any.addAll(scan.found(type, parameter, value)));
            ask(type, Map.of(parameter.code(), String.join(",", some)), any, false);
        }
    }

    private void combined(String type, Combination combination, Map<String, Parameter> parameters) {
        assertThat(combination.codes()).isNotEmpty();
        if (!parameters.keySet().containsAll(combination.codes())) {
            // PDex's statement combines DiagnosticReport's patient with a type that no SearchParameter defines.
            assertThat(type + combination.codes()).isEqualTo("DiagnosticReport[patient, type]");
            return;
        }
        int asked = 0;
        for (String name : scan.of(type)) {
            Map<String, String> query = new LinkedHashMap<>();
            Set<String> expected = null;
            for (String code : combination.codes()) {
                Parameter parameter = parameters.get(code);
                String value = scan.texts(name, parameter).stream().skip(parameter.type().equals("date") && asked % 2 == 1 ? 2 : 0).findFirst().orElse(null);
                if (value == null) {
                    break;
                }
                query.put(code, value);
                Set<String> found = scan.found(type, parameter, value);
                expected = expected == null ? found : intersection(expected, found);
            }
            if (query.size() == combination.codes().size() && asked++ < MOST_COMBINED) {
                assertThat(expected).contains(name);
                ask(type, query, expected, asked == 1);
            }
        }
        // A search that nothing in the sandbox can answer proves nothing.
        assertThat(asked).as(type + combination.codes()).isPositive();
    }

    private static Set<String> intersection(Set<String> one, Set<String> other) {
        Set<String> both = new TreeSet<>(one);
        both.retainAll(other);
        return both;
    }

    private void ask(String type, Map<String, String> parameters, Set<String> expected, boolean alsoByPost) {
        StringBuilder query = new StringBuilder();
        parameters.forEach((code, value) -> query.append(query.isEmpty() ? "" : "&").append(code).append('=').append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
        Reply reply = server.get(base + "/" + type + "?" + query + "&_count=500", "Prefer", "handling=strict");
        check(type + "?" + query, reply, expected);
        if (alsoByPost) { // RST-21
            check("POST " + type + "?" + query, server.post(base + "/" + type + "/_search", query + "&_count=500", "Content-Type", "application/x-www-form-urlencoded"), expected);
        }
    }

    private void check(String what, Reply reply, Set<String> expected) {
        searches++;
        if (reply.status() != 200) {
            wrong.add(what + ": " + reply.status() + " " + reply.text());
            return;
        }
        Set<String> found = entries(reply, "match");
        if (!found.equals(expected)) {
            wrong.add(what + ": found " + found + " instead of " + expected);
        }
    }

    private static Set<String> entries(Reply reply, String mode) {
        Set<String> found = new TreeSet<>();
        JsonValue entries = reply.json().root().field("entry");
        if (entries != null) {
            for (JsonValue entry : entries.children()) {
                if (mode.equals(entry.field("search").fieldText("mode"))) {
                    found.add(entry.field("resource").fieldText("resourceType") + "/" + entry.field("resource").fieldText("id"));
                }
            }
        }
        return found;
    }

    @ParameterizedTest(name = "{0}#{1}")
    @CsvSource({"hl7.fhir.us.core,6.1.0", "hl7.fhir.us.carin-bb,2.0.0", "hl7.fhir.us.carin-bb,2.1.0"})
    void pac15_pac16_rst06_rst15_rst20_everyIncludeBringsWhatIsReferredTo(String id, String version) {
        FhirPackage standard = guide(GuideRef.BASE.id(), GuideRef.BASE.version());
        GuideSearches asked = GuideSearches.of(guide(id, version), guide("hl7.fhir.us.core", "6.1.0"), standard);
        GuideSearches all = GuideSearches.of(standard);
        int tried = 0;
        if (id.endsWith("carin-bb")) {
            assertThat(asked.includes("ExplanationOfBenefit")).contains("ExplanationOfBenefit:patient", "ExplanationOfBenefit:provider", "ExplanationOfBenefit:care-team", "ExplanationOfBenefit:coverage", "ExplanationOfBenefit:insurer",
                "ExplanationOfBenefit:payee", "ExplanationOfBenefit:*");
        }
        for (String type : asked.types()) {
            for (String include : asked.includes(type)) {
                String[] parts = include.split(":");
                Set<String> expected = new TreeSet<>();
                Map<String, Parameter> known = new LinkedHashMap<>(all.parameters(type));
                known.putAll(asked.parameters(type));
                for (Parameter parameter : parts[1].equals("*") ? known.values() : List.of(known.get(parts[1]))) {
                    if (parameter.type().equals("reference")) {
                        scan.of(type).forEach(name -> expected.addAll(targets(name, parameter, parts.length > 2 ? parts[2] : "")));
                    }
                }
                expected.removeAll(scan.of(type));
                included(type + "?_count=500&_include=" + include, expected);
                tried++;
            }
            for (String include : asked.reverseIncludes(type)) {
                Parameter target = all.parameters("Provenance").get("target");
                Set<String> expected = new TreeSet<>();
                scan.of("Provenance").stream().filter(name -> targets(name, target, type).stream().anyMatch(scan.of(type)::contains)).forEach(expected::add);
                assertThat(expected).as(type).isNotEmpty();
                included(type + "?_count=500&_revinclude=" + include, expected);
                tried++;
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(tried).isPositive();
    }

    private static Set<String> targets(String name, Parameter parameter, String type) {
        Set<String> targets = new TreeSet<>();
        scan.texts(name, parameter).stream().filter(text -> text.startsWith(type.isEmpty() ? "" : type + "/") && scan.of(text.replaceAll("/.*", "")).contains(text)).forEach(targets::add);
        return targets;
    }

    private void included(String query, Set<String> expected) {
        assertThat(expected).as(query).isNotEmpty();
        Reply reply = server.get(base + "/" + query);
        Set<String> found = entries(reply, "include");
        if (reply.status() != 200 || !found.equals(expected)) {
            Set<String> missing = new TreeSet<>(expected);
            missing.removeAll(found);
            Set<String> tooMany = new TreeSet<>(found);
            tooMany.removeAll(expected);
            wrong.add(query + ": " + reply.status() + " misses " + missing + ", has too many " + tooMany);
        }
    }
}
