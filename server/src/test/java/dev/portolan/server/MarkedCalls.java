package dev.portolan.server;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchParameters;

/** Calls as somebody makes them who looks for a way around: well-formed ones mostly, by every parameter that there is, with ids and values of what is not the caller's. */
final class MarkedCalls {

    private static final List<String> MODIFIERS = List.of(":missing", ":not", ":text", ":contains", ":exact", ":identifier", ":in", ":of-type", ":Patient", ":above", ":below", ":nonsense");
    private static final List<String> OWNERS = List.of("Patient", "Encounter", "Practitioner", "RelatedPerson", "Device");

    private final MarkedWorld world;
    private final SearchParameters parameters;
    private final Random random;
    private final List<MarkedResource> resources;
    /** What the caller of the next call is nearer to than others are: of the other half of the calls everything is beyond the grant. */
    private List<MarkedResource> near = List.of();
    private final List<String> marks;
    private final List<String> types;

    MarkedCalls(MarkedWorld world, SearchParameters parameters, Random random) {
        this.world = world;
        this.parameters = parameters;
        this.random = random;
        this.resources = List.copyOf(world.resources.values());
        this.marks = List.copyOf(new TreeSet<>(resources.stream().flatMap(each -> each.versions.stream()).flatMap(version -> MarkedResource.marks(version.json()).stream()).collect(Collectors.toSet())));
        this.types = List.copyOf(new TreeSet<>(resources.stream().map(each -> each.type).toList()));
    }

    /**
     * @param searched the types that a search is of; empty for other calls
     * @param headers names and values in turn
     */
    record Call(String method, String path, @Nullable String body, String type, List<String> headers, List<String> searched) {

        Call with(String from, String to) {
            return new Call(method, path.replace(from, to), body == null ? null : body.replace(from, to), type, headers, searched);
        }

        Set<String> marks() {
            return MarkedResource.marks(path + " " + body);
        }
    }

    private <T> T one(Collection<T> of) {
        return List.copyOf(of).get(random.nextInt(of.size()));
    }

    private static String escaped(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private Call get(String path, String... headers) {
        return new Call("GET", path, null, "", List.of(headers), List.of());
    }

    /** @param records the members whose records the caller may know of, or null for everybody's */
    Call next(@Nullable Set<String> records) {
        near = records == null ? resources : resources.stream().filter(each -> records.contains(String.valueOf(each.now().home())) || MarkedWorld.SHARED.contains(each.type)).toList();
        return next();
    }

    private MarkedResource some() {
        return one(near.isEmpty() || random.nextInt(3) == 0 ? resources : near);
    }

    private String patient() {
        List<MarkedResource> known = near.stream().filter(each -> each.type.equals("Patient")).toList();
        return known.isEmpty() || random.nextInt(3) == 0 ? world.patient(one(world.patients.keySet())) : one(known).reference();
    }

    private Call next() {
        return switch (random.nextInt(20)) {
            case 0, 1 -> read();
            case 2 -> get(some().reference() + "/_history" + one(List.of("", "?_count=1", "?_since=2020-01-01", "?_at=2024", "/1", "/2", "/3")));
            case 3 -> get(one(List.of("", one(types) + "/")) + "_history?_count=" + one(List.of("1", "7", "300")));
            case 4 -> get(patient() + "/$everything?_count=" + one(List.of("1", "9", "300")) + one(List.of("", "&_type=Observation,Provenance", "&_since=2020-01-01", "&start=2024-01-01", "&_elements=id")));
            case 5 -> operation();
            case 6 -> batch();
            case 7 -> compartment();
            default -> search();
        };
    }

    private Call read() {
        MarkedResource target = some();
        String path = target.reference() + one(List.of("", "", "", "?_elements=id", "?_summary=text", "?_format=xml", "?_pretty=true"));
        return switch (random.nextInt(6)) {
            case 0 -> get(path, "If-None-Match", "W/\"" + (1 + random.nextInt(3)) + "\"");
            case 1 -> get(path, "If-Modified-Since", one(List.of("Fri, 31 Dec 2049 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:59 GMT")));
            case 2 -> get(path, "Accept", one(List.of("text/plain", "application/fhir+xml", "*/*", "application/pdf")));
            case 3 -> new Call("HEAD", path, null, "", List.of(), List.of());
            default -> get(path);
        };
    }

    private Call operation() {
        MarkedResource target = some();
        String patient = patient();
        return switch (random.nextInt(8)) {
            case 0 -> get("DocumentReference/$docref?patient=" + patient);
            case 1 -> get(target.reference() + "/$validate");
            case 2 -> new Call("POST", target.type + "/$validate", "{\"resourceType\":\"" + target.type + "\",\"id\":\"" + target.id + "\",\"subject\":{\"reference\":\"" + patient + "\"}}", "application/fhir+json", List.of(), List.of());
            case 3 -> new Call("POST", "Patient/$everything", "{\"resourceType\":\"Parameters\"}", "application/fhir+json", List.of(), List.of());
            case 4 -> get("Group" + one(List.of("", "?member=" + patient, "/clinic", "/rival", "/" + target.id, "?_id=rival", "/clinic/$attribution-status?memberId=" + one(marks))));
            case 5 -> get(one(List.of("$export", "Patient/$export", "Group/rival/$export", "Group/" + target.id + "/$export", "$export-file?export=" + one(marks) + "&file=x", "$export-status?export=" + one(marks))), "Prefer", "respond-async", "Accept", "application/fhir+json");
            case 6 -> new Call("PUT", target.reference(), target.now().json(), "application/fhir+json", List.of("If-Match", "W/\"1\""), List.of());
            default -> new Call("POST", target.type, target.now().json(), "application/fhir+json", List.of("If-None-Exist", "identifier=" + one(marks)), List.of());
        };
    }

    private Call batch() {
        List<String> entries = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Call inner = one(List.of(true, false)) ? search() : read();
            entries.add("{\"request\":{\"method\":\"GET\",\"url\":\"" + inner.path().replace("\\", "").replace("\"", "") + "\"" + one(List.of("", ",\"ifNoneMatch\":\"W/\\\"1\\\"\"")) + "}}");
        }
        return new Call("POST", "", "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[" + String.join(",", entries) + "]}", "application/fhir+json", List.of(), List.of());
    }

    private Call compartment() {
        String owner = random.nextBoolean() ? patient() : one(OWNERS) + "/" + some().id;
        String type = one(List.of("*", one(types), one(types)));
        String query = type.equals("*") ? "" : query(type, random.nextInt(2));
        return new Call("GET", owner + "/" + type + (query.isEmpty() ? "" : "?" + query), null, "", List.of(), type.equals("*") ? List.of() : List.of(type));
    }

    private Call search() {
        if (random.nextInt(15) == 0) {
            return get("?_type=" + one(List.of(one(types), one(types) + "," + one(types))) + "&_count=" + one(List.of("0", "2", "100")) + one(List.of("", "&_id=" + some().id, "&_security=R", "&_content=" + one(marks), "&_list=" + some().id)));
        }
        String type = one(types);
        String query = query(type, random.nextInt(4));
        if (random.nextInt(8) == 0) {
            return new Call("POST", type + "/_search", query, "application/x-www-form-urlencoded", List.of(), List.of(type));
        }
        return new Call("GET", type + (query.isEmpty() ? "" : "?" + query), null, "", List.of(), List.of(type));
    }

    private String query(String type, int conditions) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < conditions; i++) {
            parts.add(condition(type, 2));
        }
        if (random.nextInt(3) == 0) {
            parts.add(one(List.of("_total=accurate", "_summary=count", "_summary=true", "_count=0", "_count=1", "_count=1", "_count=3", "_elements=id", "_filter=id+eq+" + one(marks), "_sort=" + one(List.of("", "-")) + code(type), "_sort=-_lastUpdated,_id&_count=1")));
        }
        for (int i = random.nextInt(4); i == 0; i = random.nextInt(3)) {
            String source = one(List.of(type, one(types)));
            parts.add(one(List.of("_include", "_revinclude", "_include:iterate", "_revinclude:iterate")) + "=" + one(List.of("*", source + ":*", source + ":" + reference(source), source + ":" + reference(source) + ":" + one(types))));
        }
        return String.join("&", parts);
    }

    private SearchParameter parameter(String type) {
        return one(inOrder(type));
    }

    /** By their codes, so that a seed asks the same each time. */
    private List<SearchParameter> inOrder(String type) {
        return parameters.of(type).stream().sorted(Comparator.comparing(SearchParameter::code)).toList();
    }

    private String code(String type) {
        return parameter(type).code();
    }

    private String reference(String type) {
        List<SearchParameter> all = inOrder(type).stream().filter(each -> each.type() == ParameterType.REFERENCE).toList();
        return all.isEmpty() ? "subject" : one(all).code();
    }

    private String condition(String type, int depth) {
        SearchParameter parameter = parameter(type);
        for (int tries = 0; tries < 2 && parameter.code().startsWith("_"); tries++) {
            parameter = parameter(type); // what every type has would be asked for most
        }
        if (depth > 0 && random.nextInt(6) == 0) {
            String source = one(types);
            return "_has:" + source + ":" + reference(source) + ":" + condition(source, depth - 1);
        }
        if (depth > 0 && parameter.type() == ParameterType.REFERENCE && random.nextInt(3) == 0) {
            String target = one(parameter.targets().isEmpty() ? types : List.copyOf(new TreeSet<>(parameter.targets())));
            return parameter.code() + one(List.of("", ":" + target)) + "." + condition(target, depth - 1);
        }
        if (random.nextInt(12) == 0) {
            return one(List.of("_content=", "_text=", "_id=", "_list=", "_security=", "_tag=")) + escaped(one(List.of(one(marks), some().id, "R", "PSY", "http://terminology.hl7.org/CodeSystem/v3-ActCode|ETH")));
        }
        String modifier = random.nextInt(10) == 0 ? one(MODIFIERS) : one(List.of("", "", switch (parameter.type()) {
            case TOKEN -> ":not";
            case STRING -> one(List.of(":contains", ":exact"));
            case REFERENCE -> one(List.of(":identifier", ":Patient"));
            default -> ":missing";
        }));
        return parameter.code() + modifier + "=" + (modifier.equals(":missing") ? one(List.of("true", "false")) : escaped(value(parameter.type())));
    }

    private String value(ParameterType type) {
        return switch (type) {
            case DATE -> one(List.of("", "ge", "lt", "ne")) + one(List.of("2024", "2024-02-03", "2015", "1986-01-01"));
            case NUMBER, QUANTITY -> one(List.of("88.88", "gt1", "20", "88.88||USD", "1"));
            case REFERENCE -> one(List.of(some().reference(), some().reference(), some().id, "http://elsewhere.example/" + some().reference(), one(marks)));
            case TOKEN -> one(List.of(one(marks), "urn:plan|" + one(marks), "laboratory", "final", "active", MarkedWorld.ICD + "|F11.20", MarkedWorld.ICD + "|", "F33.1", "|" + one(marks), one(marks) + "," + one(marks)));
            default -> one(List.of(one(marks), one(marks).substring(0, 6), "Ann", "http://x.example/" + one(marks)));
        };
    }
}
