package dev.portolan.rest.leak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.leak.Item.State;
import dev.portolan.rest.leak.LeakServer.Reply;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** Calls that read, each with what the oracle says it has to answer. */
final class ReadingCalls {

    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String FHIR = "application/fhir+json";
    private static final List<String> TYPES = List.of("Patient", "Observation", "Observation", "Condition", "Encounter", "Coverage", "ExplanationOfBenefit", "MedicationRequest", "Provenance", "List", "Task",
        "Group", "Practitioner", "Organization", "PractitionerRole");

    private final LeakServer server;
    private final World world;
    private final Oracle oracle;
    private final RandomGenerator random;
    private final List<Item> items;
    /** What was answered, so that a test which only ever met refusals shows nothing. */
    final java.util.Map<String, Integer> met = new java.util.TreeMap<>();

    ReadingCalls(LeakServer server, World world, RandomGenerator random) {
        this.server = server;
        this.world = world;
        this.oracle = new Oracle(world);
        this.random = random;
        this.items = world.all();
        items.sort(java.util.Comparator.comparing(Item::reference));
    }

    /** A condition of a search, as it is written and as the oracle decides it; foreign: it names a Patient out of reach. */
    record Asked(String text, Predicate<Item> holds, boolean foreign) {}

    void one(Token token) {
        switch (random.nextInt(60)) {
            case 0 -> export(token);
            case 1 -> graphQl(token);
            default -> often(token);
        }
    }

    private void often(Token token) {
        switch (random.nextInt(14)) {
            case 0, 1 -> read(token);
            case 2 -> vread(token);
            case 3 -> history(token);
            case 4 -> typeHistory(token);
            case 5, 6 -> search(token);
            case 7 -> chain(token);
            case 8 -> has(token);
            case 9, 10 -> include(token);
            case 11 -> everything(token);
            case 12 -> batch(token);
            default -> inCompartmentOrList(token);
        }
    }

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    /** Half of the time of a record that the token reaches, else the test would hardly see anything allowed. */
    private Item item(Token token) {
        for (int tries = 0; tries < 50 && token.isLimited() && random.nextBoolean(); tries++) {
            Item item = one(items);
            if (Oracle.reaches(token, item.type, item.now())) {
                return item;
            }
        }
        return one(items);
    }

    private String member(Token token) {
        return token.isLimited() && random.nextInt(3) > 0 ? one(List.copyOf(token.members())) : random.nextInt(8) == 0 ? "forged-" + UUID.randomUUID() : one(world.members);
    }

    private static String said(Token token, String call) {
        return token.scopeText() + " for " + (token.members() == null ? "everyone" : token.members()) + " without " + token.labels() + ": " + call;
    }

    private void count(String what) {
        met.merge(what, 1, Integer::sum);
    }

    /** The status that a read of a present version is answered with. */
    private int readStatus(Token token, Item item) {
        State now = item.now();
        if (!Oracle.allows(token, item.type, "r") || item.type.equals("Patient") && Oracle.namesForeign(token, item.reference())) {
            return 403;
        }
        return !Oracle.within(token, item.type, now, "r") ? 404 : now.deleted() ? 410 : 200;
    }

    private void read(Token token) {
        Item item = item(token);
        Reply reply = server.get(token, item.reference());
        checkRead(token, item, reply.status(), reply.body(), "read " + item.reference());
        if (reply.status() == 404 || reply.status() == 403) {
            Reply forged = server.get(token, item.type + "/forged-" + UUID.randomUUID());
            assertThat(forged.status()).as(said(token, "status for an id that is nobody's, as for " + item.reference())).isEqualTo(reply.status());
            assertThat(forged.body()).as(said(token, "body for an id that is nobody's, as for " + item.reference())).isEqualTo(reply.body());
        }
    }

    private void checkRead(Token token, Item item, int status, String body, String call) {
        assertThat(status).as(said(token, call)).isEqualTo(readStatus(token, item));
        count("read " + status);
        if (status == 200) {
            assertThat(body).as(said(token, call)).contains("\"id\":\"" + item.id + "\"").contains("\"versionId\":\"" + item.now().version() + "\"");
        }
    }

    private void vread(Token token) {
        Item item = item(token);
        int version = 1 + random.nextInt(item.states.size());
        String path = item.reference() + "/_history/" + version;
        Reply reply = server.get(token, path);
        State state = item.states.get(version - 1);
        int present = readStatus(token, item);
        boolean there = present == 200 || present == 410;
        boolean readable = there && (version == item.now().version() || state.deleted() && Oracle.reaches(token, item.type, state) || Oracle.within(token, item.type, state, "r"));
        assertThat(reply.status()).as(said(token, path)).isEqualTo(present == 403 ? 403 : !readable ? 404 : state.deleted() ? 410 : 200);
        count("vread " + reply.status());
        if (reply.status() == 200) {
            assertThat(reply.body()).as(said(token, path)).contains("\"versionId\":\"" + version + "\"");
        }
    }

    private void history(Token token) {
        Item item = item(token);
        Reply reply = server.get(token, item.reference() + "/_history");
        int present = readStatus(token, item);
        Set<String> expected = oracle.history(token, item, "r");
        int status = present == 403 ? 403 : expected.isEmpty() ? present : 200;
        assertThat(reply.status()).as(said(token, item.reference() + "/_history")).isEqualTo(status);
        count("history " + status);
        if (status == 200) {
            assertThat(Bundle.of(reply.json()).matches()).as(said(token, item.reference() + "/_history")).containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    private void typeHistory(Token token) {
        String type = one(TYPES);
        boolean whole = token.isLimited() && random.nextInt(4) == 0;
        String path = (whole ? "" : type + "/") + "_history?_count=" + (20 + random.nextInt(200));
        Set<String> expected = new LinkedHashSet<>();
        boolean any = false;
        for (Item item : items) {
            boolean allowed = Oracle.allows(token, item.type, "s");
            any |= allowed;
            if ((whole || item.type.equals(type)) && allowed) {
                expected.addAll(oracle.history(token, item, "s"));
            }
        }
        boolean refused = whole ? !any && !anyOther(token) : !Oracle.allows(token, type, "s");
        pages(token, path, refused, expected, "history-type");
    }

    /** Whether the scopes are about a type that this world has none of. */
    private static boolean anyOther(Token token) {
        return token.scopes().stream().anyMatch(scope -> scope.type().equals("*") && scope.letters().contains("s"));
    }

    /** Follows the pages to their end: all that is expected, once each, and nothing else. */
    private void pages(Token token, String path, boolean refused, Set<String> expected, String what) {
        Reply reply = server.get(token, path);
        assertThat(reply.status()).as(said(token, path)).isEqualTo(refused ? 403 : 200);
        count(what + " " + reply.status());
        if (refused) {
            return;
        }
        List<String> found = new ArrayList<>();
        Bundle page = Bundle.of(reply.json());
        found.addAll(page.matches());
        while (page.next() != null) {
            reply = server.get(token, page.next());
            assertThat(reply.status()).as(said(token, page.next())).isEqualTo(200);
            page = Bundle.of(reply.json());
            found.addAll(page.matches());
        }
        assertThat(found).as(said(token, path)).containsExactlyInAnyOrderElementsOf(expected);
    }

    private static Set<String> versions(Set<Item> items) {
        return items.stream().map(item -> item.reference() + "/" + item.now().version()).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Something to ask of a type. */
    private Asked asked(Token token, String type) {
        List<Asked> possible = new ArrayList<>();
        World.TOKEN_PARAMETERS.forEach((parameter, types) -> {
            List<Item> withValue = types.contains(type) ? items.stream().filter(item -> item.type.equals(type) && item.now().tokens().containsKey(parameter)).toList() : List.of();
            if (!withValue.isEmpty()) {
                String value = one(withValue).now().tokens().get(parameter).get(0);
                String plain = value.startsWith("|") || random.nextBoolean() ? value.substring(value.indexOf('|') + 1) : value;
                possible.add(new Asked(parameter + "=" + plain, item -> Oracle.has(item, parameter, plain), false));
            }
        });
        for (String parameter : List.of("patient", "subject", "beneficiary")) {
            if (items.stream().anyMatch(item -> item.type.equals(type) && !World.SHARED.contains(type) && item.now().refs().containsKey(parameter))) {
                String patient = "Patient/" + member(token);
                boolean home = !type.equals("Provenance") || parameter.equals("patient");
                possible.add(new Asked(parameter + "=" + patient, item -> Oracle.refersTo(item, parameter, patient), home && Oracle.namesForeign(token, patient)));
            }
        }
        Item some = item(token);
        if (some.type.equals(type)) {
            possible.add(new Asked("_id=" + some.id, item -> item.id.equals(some.id), type.equals("Patient") && Oracle.namesForeign(token, some.reference())));
        }
        if (type.equals("Coverage")) {
            String subscriber = "Patient/" + one(world.members);
            possible.add(new Asked("subscriber=" + subscriber, item -> Oracle.refersTo(item, "subscriber", subscriber), false));
        }
        possible.add(new Asked("", item -> true, false));
        return one(possible);
    }

    private static String query(String... parts) {
        return java.util.Arrays.stream(parts).filter(part -> !part.isEmpty()).collect(Collectors.joining("&"));
    }

    private void search(Token token) {
        String type = one(TYPES);
        Asked asked = asked(token, type);
        boolean refused = asked.foreign() || !Oracle.allows(token, type, "s");
        Set<Item> expected = refused ? Set.of() : oracle.search(token, type, "s", asked.holds());
        switch (random.nextInt(5)) {
            case 0 -> total(token, type, asked, refused, expected);
            case 1 -> post(token, type, asked, refused, expected);
            case 2 -> cursors(token, type, asked, refused);
            default -> pages(token, type + "?" + query(asked.text(), "_count=" + (3 + random.nextInt(60))), refused, versions(expected), "search");
        }
    }

    private void total(Token token, String type, Asked asked, boolean refused, Set<Item> expected) {
        String path = type + "?" + query(asked.text(), random.nextBoolean() ? "_summary=count" : "_total=accurate&_count=2");
        Reply reply = server.get(token, path);
        assertThat(reply.status()).as(said(token, path)).isEqualTo(refused ? 403 : 200);
        count("total " + reply.status());
        if (!refused) {
            assertThat(Bundle.of(reply.json()).total()).as(said(token, path)).isEqualTo(Integer.toString(expected.size()));
        }
    }

    private void post(Token token, String type, Asked asked, boolean refused, Set<Item> expected) {
        Reply reply = server.call(token, "POST", type + "/_search", query(asked.text().replace("|", "%7C"), "_count=500"), FORM);
        assertThat(reply.status()).as(said(token, "POST " + type + "/_search " + asked.text())).isEqualTo(refused ? 403 : 200);
        count("POST _search " + reply.status());
        if (!refused) {
            assertThat(Bundle.of(reply.json()).matches()).as(said(token, "POST " + type + "/_search " + asked.text())).containsExactlyInAnyOrderElementsOf(versions(expected));
        }
    }

    /** A page link that was altered, or is shown by another token, opens nothing. */
    private void cursors(Token token, String type, Asked asked, boolean refused) {
        Reply reply = server.get(token, type + "?" + query(asked.text(), "_count=1"));
        String next = refused ? null : Bundle.of(reply.json()).next();
        if (next == null) {
            return;
        }
        int at = next.indexOf("_page=") + 6 + random.nextInt(30);
        String altered = next.substring(0, at) + (next.charAt(at) == 'A' ? 'B' : 'A') + next.substring(at + 1);
        assertThat(server.get(token, altered).status()).as(said(token, "an altered " + next)).isEqualTo(400);
        Token other = new Token("other-" + token.name(), token.level(), token.members(), token.scopes(), token.labels());
        server.issue(other);
        assertThat(server.get(other, next).status()).as(said(other, "another token's " + next)).isEqualTo(400);
        count("cursor refused");
    }

    /** Source type, reference, target type. */
    private static final List<List<String>> CHAINS = List.of(List.of("Observation", "encounter", "Encounter"), List.of("Condition", "encounter", "Encounter"), List.of("Observation", "patient", "Patient"),
        List.of("Provenance", "target", "Observation"), List.of("Coverage", "subscriber", "Patient"), List.of("ExplanationOfBenefit", "coverage", "Coverage"), List.of("List", "item", "Observation"),
        List.of("Task", "focus", "ExplanationOfBenefit"), List.of("MedicationRequest", "medication", "Medication"), List.of("Group", "member", "Patient"));

    /** A condition on the far side: by name for Patients, else by one of its tokens. */
    private Asked far(String type) {
        Item some = one(items.stream().filter(item -> item.type.equals(type) && !item.now().deleted()).toList());
        if (type.equals("Patient")) {
            return new Asked("name=" + some.now().name(), item -> item.now().name().toLowerCase(java.util.Locale.ROOT).startsWith(some.now().name().toLowerCase(java.util.Locale.ROOT)), false);
        }
        String parameter = one(List.copyOf(some.now().tokens().keySet()));
        String value = some.now().tokens().get(parameter).get(0).substring(some.now().tokens().get(parameter).get(0).indexOf('|') + 1);
        return new Asked(parameter + "=" + value, item -> Oracle.has(item, parameter, value), false);
    }

    private void chain(Token token) {
        List<String> chain = one(CHAINS);
        String type = chain.get(0);
        Asked far = far(chain.get(2));
        String path = type + "?" + chain.get(1) + ":" + chain.get(2) + "." + far.text() + "&_count=200";
        boolean refused = !Oracle.allows(token, type, "s");
        Set<Item> expected = oracle.search(token, type, "s", item -> oracle.targets(token, item, chain.get(1), "rs").stream().anyMatch(target -> target.type.equals(chain.get(2)) && far.holds().test(target)));
        pages(token, path, refused, versions(expected), "chain");
    }

    private void has(Token token) {
        List<String> chain = one(CHAINS);
        Asked source = asked(token, chain.get(0));
        String type = chain.get(2);
        if (source.text().isEmpty() || source.text().startsWith("_id")) {
            return;
        }
        String path = type + "?_has:" + chain.get(0) + ":" + chain.get(1) + ":" + source.text() + "&_count=200";
        boolean refused = !Oracle.allows(token, type, "s");
        Set<Item> sources = oracle.search(token, chain.get(0), "rs", source.holds());
        Set<Item> expected = oracle.search(token, type, "s", item -> sources.stream().anyMatch(from -> Oracle.refersTo(from, chain.get(1), item.reference())));
        pages(token, path, refused, versions(expected), "_has");
    }

    private static final List<Oracle.Inclusion> INCLUSIONS = List.of(
        new Oracle.Inclusion(false, false, "Observation", "encounter"), new Oracle.Inclusion(false, false, "Observation", "performer"), new Oracle.Inclusion(false, false, "Observation", "*"),
        new Oracle.Inclusion(false, false, "Encounter", "service-provider"), new Oracle.Inclusion(false, true, "Encounter", "participant"), new Oracle.Inclusion(false, true, "PractitionerRole", "practitioner"),
        new Oracle.Inclusion(false, false, "Coverage", "subscriber"), new Oracle.Inclusion(false, false, "Coverage", "payor"), new Oracle.Inclusion(false, true, "Organization", "partof"),
        new Oracle.Inclusion(false, false, "Provenance", "target"), new Oracle.Inclusion(false, false, "List", "item"), new Oracle.Inclusion(false, false, "Task", "focus"),
        new Oracle.Inclusion(false, false, "Group", "member"), new Oracle.Inclusion(false, true, "ExplanationOfBenefit", "coverage"), new Oracle.Inclusion(false, false, "Patient", "general-practitioner"),
        new Oracle.Inclusion(true, false, "Provenance", "target"), new Oracle.Inclusion(true, false, "List", "item"), new Oracle.Inclusion(true, false, "Task", "focus"),
        new Oracle.Inclusion(true, false, "Observation", "encounter"), new Oracle.Inclusion(true, false, "Coverage", "subscriber"), new Oracle.Inclusion(true, false, "Encounter", "service-provider"),
        new Oracle.Inclusion(true, false, "Group", "member"), new Oracle.Inclusion(true, true, "Observation", "patient"));

    private void include(Token token) {
        List<Oracle.Inclusion> inclusions = new ArrayList<>();
        for (int i = 0, count = 1 + random.nextInt(3); i < count; i++) {
            inclusions.add(one(INCLUSIONS));
        }
        String type = inclusions.get(0).reverse() ? one(List.of("Patient", "Observation", "Encounter", "Organization", "ExplanationOfBenefit")) : inclusions.get(0).source();
        Asked asked = asked(token, type);
        String path = type + "?" + query(asked.text(), inclusions.stream().map(Oracle.Inclusion::text).distinct().collect(Collectors.joining("&")), "_count=" + (4 + random.nextInt(8)));
        boolean refused = asked.foreign() || !Oracle.allows(token, type, "s");
        Reply reply = server.get(token, path);
        assertThat(reply.status()).as(said(token, path)).isEqualTo(refused ? 403 : 200);
        count("include " + reply.status());
        for (int pages = 0; reply.status() == 200 && pages < 3; pages++) {
            Bundle page = Bundle.of(reply.json());
            Set<Item> matches = page.matches().stream().map(match -> world.find(match.substring(0, match.lastIndexOf('/')))).collect(Collectors.toCollection(LinkedHashSet::new));
            assertThat(versions(oracle.search(token, type, "s", asked.holds()))).as(said(token, path)).containsAll(page.matches());
            Oracle.Included expected = oracle.include(token, matches, inclusions);
            Set<String> unexpected = new HashSet<>(page.included());
            unexpected.removeAll(versions(expected.may()));
            unexpected.removeAll(versions(expected.must()));
            assertThat(unexpected).as(said(token, "included too much by " + path)).isEmpty();
            assertThat(page.included()).as(said(token, "included by " + path)).containsAll(versions(expected.must())).doesNotHaveDuplicates();
            count(page.included().isEmpty() ? "includes nothing" : "includes something");
            if (page.next() == null) {
                return;
            }
            reply = server.get(token, page.next());
        }
    }

    private void everything(Token token) {
        String member = member(token);
        boolean refused = !Oracle.allows(token, "Patient", "r") || Oracle.namesForeign(token, "Patient/" + member);
        String path = "Patient/" + member + "/$everything?_count=" + (5 + random.nextInt(100));
        if (!refused && !world.members.contains(member)) {
            assertThat(server.get(token, path).status()).as(said(token, path)).isEqualTo(404);
            return;
        }
        pages(token, path, refused, refused ? Set.of() : versions(oracle.everything(token, member)), "$everything");
    }

    private void batch(Token token) {
        List<Item> reads = new ArrayList<>();
        List<String> searches = new ArrayList<>();
        List<Asked> asked = new ArrayList<>();
        StringBuilder entries = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            reads.add(item(token));
            entries.append("{\"request\":{\"method\":\"GET\",\"url\":\"").append(reads.get(i).reference()).append("\"}},");
        }
        for (int i = 0; i < 3; i++) {
            searches.add(one(TYPES));
            asked.add(asked(token, searches.get(i)));
            entries.append("{\"request\":{\"method\":\"GET\",\"url\":\"").append(searches.get(i)).append("?").append(query(asked.get(i).text().replace("|", "%7C"), "_count=500")).append(i < 2 ? "\"}}," : "\"}}");
        }
        Reply reply = server.call(token, "POST", "", "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[" + entries + "]}", FHIR);
        assertThat(reply.status()).as(said(token, "batch")).isEqualTo(200);
        List<JsonValue> answers = new ArrayList<>();
        reply.json().root().field("entry").each().forEach(answers::add);
        for (int i = 0; i < 4; i++) {
            JsonValue resource = answers.get(i).field("resource");
            int status = status(answers.get(i));
            assertThat(status).as(said(token, "batch entry " + reads.get(i).reference())).isEqualTo(readStatus(token, reads.get(i)));
            if (status == 200) {
                assertThat(Bundle.version(resource)).isEqualTo(reads.get(i).reference() + "/" + reads.get(i).now().version());
            }
        }
        for (int i = 0; i < 3; i++) {
            boolean refused = asked.get(i).foreign() || !Oracle.allows(token, searches.get(i), "s");
            String call = said(token, "batch entry " + searches.get(i) + "?" + asked.get(i).text());
            assertThat(status(answers.get(4 + i))).as(call).isEqualTo(refused ? 403 : 200);
            if (!refused) {
                assertThat(Bundle.of(answers.get(4 + i).field("resource")).matches()).as(call).containsExactlyInAnyOrderElementsOf(versions(oracle.search(token, searches.get(i), "s", asked.get(i).holds())));
            }
        }
        count("batch");
    }

    /** What an export reads, over all members and types, or over some types. */
    private void export(Token token) {
        Set<String> types = random.nextBoolean() ? new HashSet<>(TYPES) : new HashSet<>(List.of(one(TYPES), one(TYPES)));
        Set<Item> expected = new LinkedHashSet<>();
        types.forEach(type -> expected.addAll(oracle.search(token, type, "r", any -> true)));
        assertThat(server.exported(token, types)).as(said(token, "an export of " + types)).containsExactlyInAnyOrderElementsOf(versions(expected));
        count(expected.isEmpty() ? "export of nothing" : "export");
    }

    /** There is no GraphQL here, and nothing comes of asking. */
    private void graphQl(Token token) {
        Item item = item(token);
        String query = "query=%7B" + item.type + "List%7Bid%7D%7D";
        for (Reply reply : List.of(server.get(token, "$graphql?" + query), server.get(token, item.reference() + "/$graphql?" + query),
            server.call(token, "POST", "$graphql", "{\"query\":\"{" + item.type + "List{id}}\"}", "application/json"))) {
            assertThat(reply.status()).as(said(token, "$graphql")).isBetween(400, 499);
            assertThat(reply.body()).as(said(token, "$graphql")).contains("OperationOutcome").doesNotContain("\"data\"");
        }
        count("$graphql refused");
    }

    private static int status(JsonValue entry) {
        return Integer.parseInt(entry.field("response").fieldText("status").substring(0, 3));
    }

    private void inCompartmentOrList(Token token) {
        if (random.nextBoolean()) {
            String member = member(token);
            String type = one(List.of("Observation", "Condition", "Encounter", "MedicationRequest"));
            boolean refused = !Oracle.allows(token, type, "s") || Oracle.namesForeign(token, "Patient/" + member);
            Set<Item> expected = oracle.search(token, type, "s", item -> item.now().refs().values().stream().anyMatch(targets -> targets.contains("Patient/" + member)));
            pages(token, "Patient/" + member + "/" + type + "?_count=100", refused, versions(expected), "compartment");
            return;
        }
        Item list = one(items.stream().filter(item -> item.type.equals("List")).toList());
        boolean refused = !Oracle.allows(token, "Observation", "s");
        boolean reached = Oracle.allows(token, "List", "rs") && Oracle.within(token, "List", list.now(), "rs");
        Set<Item> expected = oracle.search(token, "Observation", "s", item -> reached && Oracle.refersTo(list, "item", item.reference()));
        pages(token, "Observation?_list=" + list.id, refused, versions(expected), "_list");
    }
}
