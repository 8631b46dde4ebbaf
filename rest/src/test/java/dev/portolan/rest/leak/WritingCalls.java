package dev.portolan.rest.leak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.rest.leak.Item.State;
import dev.portolan.rest.leak.LeakServer.Reply;
import dev.portolan.store.ReadResult;
import dev.portolan.store.ResourceKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** Calls that write, one after the other; the model follows what was allowed, and after each call the store is looked at by somebody who sees everything. */
final class WritingCalls {

    private static final String FHIR = "application/fhir+json";
    private static final Set<String> WRITTEN = Set.of("Observation", "Condition", "Encounter", "Practitioner", "List");

    final Map<String, Integer> met = new TreeMap<>();
    private final LeakServer server;
    private final World world;
    private final Random random;
    /** In the order in which they came to be: a seed draws the same ones again, whatever ids the server gave. */
    private final List<Item> known = new ArrayList<>();

    WritingCalls(LeakServer server, World world, Random random) {
        this.server = server;
        this.world = world;
        this.random = random;
        world.all().stream().sorted(java.util.Comparator.comparing(Item::reference)).forEach(known::add);
    }

    private void keep(Item created) {
        world.items.put(created.reference(), created);
        known.add(created);
    }

    void one(Token token) {
        switch (random.nextInt(11)) {
            case 8 -> transaction(token);
            case 9 -> conditionalCreate(token);
            case 10 -> conditionalUpdate(token);
            case 0, 1 -> update(token, false);
            case 2 -> update(token, true);
            case 3 -> create(token);
            case 4 -> updateUnderAFreeId(token);
            case 5 -> delete(token);
            case 6 -> patch(token);
            default -> conditional(token);
        }
    }

    private List<Item> living() {
        return known.stream().filter(item -> WRITTEN.contains(item.type) && !item.now().deleted()).toList();
    }

    /** Half of the time, if there is one, something that the token may do it with: of all draws too few are. */
    private Item likely(Token token, java.util.function.Predicate<Item> likely) {
        List<Item> some = random.nextBoolean() ? living().stream().filter(likely).toList() : List.of();
        return some.isEmpty() ? living(token) : some.get(random.nextInt(some.size()));
    }

    private Item living(Token token) {
        List<Item> living = living();
        for (int tries = 0; tries < 80 && token.isLimited() && random.nextInt(3) > 0; tries++) {
            Item item = living.get(random.nextInt(living.size()));
            if (Oracle.reaches(token, item.type, item.now())) {
                return item;
            }
        }
        return living.get(random.nextInt(living.size()));
    }

    /** Another category, and if wanted another member's record. */
    private State changed(Item item, boolean moved) {
        State now = item.now();
        Map<String, List<String>> tokens = new HashMap<>(now.tokens());
        if (tokens.containsKey("category")) {
            List<String> categories = item.type.equals("Observation") ? World.OBSERVATION_CATEGORIES : World.CONDITION_CATEGORIES;
            tokens.put("category", List.of(categories.get(random.nextInt(categories.size()))));
        }
        Map<String, List<String>> refs = new HashMap<>(now.refs());
        String member = now.member();
        if (moved && member != null && refs.containsKey("subject")) {
            member = world.members.get(random.nextInt(World.MEMBERS));
            refs.put("subject", List.of("Patient/" + member));
            refs.put("patient", List.of("Patient/" + member));
        }
        Set<String> labels = random.nextInt(5) == 0 && now.member() != null ? Set.of(World.LABELS.get(random.nextInt(3))) : now.own();
        return world.labelled(item.type, now.with(member, tokens, refs, labels));
    }

    private static boolean touchable(Token token, Item item) {
        return List.of("r", "u", "d").stream().anyMatch(letter -> Oracle.allows(token, item.type, letter) && Oracle.within(token, item.type, item.now(), letter));
    }

    /** Whether an update from the present to the next state is allowed. */
    private static boolean mayUpdate(Token token, Item item, State next) {
        boolean own = !token.isLimited() || !World.SHARED.contains(item.type);
        return own && Oracle.allows(token, item.type, "u") && Oracle.within(token, item.type, item.now(), "u") && Oracle.within(token, item.type, next, "u");
    }

    private void update(Token token, boolean moved) {
        Item item = living(token);
        State next = changed(item, moved);
        Reply reply = server.call(token, "PUT", item.reference(), Item.json(item.type, item.id, next), FHIR);
        settle(token, item, next, reply, mayUpdate(token, item, next), "PUT", 403);
    }

    /** An update took effect exactly if it may; what it would not change is a new version at most. */
    private void settle(Token token, Item item, State next, Reply reply, boolean allowed, String method, int refusal) {
        String call = token.scopeText() + " for " + token.members() + " without " + token.labels() + ": " + method + " " + item.reference() + " " + item.now() + " to " + next;
        State now = item.now();
        boolean same = isSame(now, next);
        boolean may = allowed || same && reply.status() == 200 && Oracle.within(token, item.type, now, "u");
        assertThat(reply.status()).as(call).isEqualTo(may ? 200 : refusal);
        met.merge(method + " " + reply.status(), 1, Integer::sum);
        // The same content in another order of its elements (a POST without an id, then a PUT with it) is another text, and may be a version.
        if (may && (!same || storedVersion(item) == next.version())) {
            write(item, next);
        }
        assertThat(storedVersion(item)).as(call).isEqualTo(item.now().version());
        boolean shown = may && reply.body().contains("\"resourceType\":\"" + item.type + "\"");
        assertThat(shown).as("the answer shows what may be read: " + call).isEqualTo(may && readsWholeType(token, item.type));
    }

    private void write(Item item, State next) {
        item.states.add(next);
        world.inherit(List.of(item));
    }

    private static boolean readsWholeType(Token token, String type) {
        return token.scopes().stream().anyMatch(scope -> scope.isFor(type, 'r') && scope.conditions().isEmpty());
    }

    private long storedVersion(Item item) {
        ReadResult stored = server.admin().read(new ResourceKey(item.type, item.id));
        return stored instanceof ReadResult.Found found ? found.resource().version() : stored instanceof ReadResult.Gone gone ? gone.version() : 0;
    }

    /** One entry of a transaction: what it asks, whether that is allowed, and what then stands. */
    private record Entry(String request, boolean may, Runnable done) {}

    /** Two or three changes at once: all of them if each is allowed, else none. Two independent changes are seldom both allowed, so half of the draws look for some that are. */
    private void transaction(Token token) {
        Draw draw = draw(token);
        for (int tries = random.nextBoolean() ? 40 : 0; tries > 0 && !draw.may(); tries--) {
            draw = draw(token);
        }
        send(token, draw);
    }

    /** What a transaction is to do: what it touches, what it makes, and the entries that say so. */
    private record Draw(Map<String, Item> items, List<Item> made, List<Entry> entries) {

        boolean may() {
            return entries.stream().allMatch(Entry::may);
        }
    }

    private Draw draw(Token token) {
        Map<String, Item> items = new LinkedHashMap<>();
        while (items.size() < 2 + random.nextInt(2)) {
            Item item = living(token);
            items.put(item.reference(), item);
        }
        List<Item> made = new java.util.ArrayList<>();
        return new Draw(items, made, items.values().stream().map(item -> random.nextInt(3) == 0 ? deletion(token, item) : random.nextInt(3) == 0 ? creation(token, item, made) : change(token, item)).toList());
    }

    private void send(Token token, Draw draw) {
        Map<String, Item> items = draw.items();
        List<Item> made = draw.made();
        List<Entry> entries = draw.entries();
        boolean may = draw.may();
        Map<Item, Integer> versions = new HashMap<>();
        items.values().forEach(item -> versions.put(item, item.states.size()));
        Reply reply = server.call(token, "POST", "", "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + String.join(",", entries.stream().map(Entry::request).toList()) + "]}", FHIR);
        String call = token.scopeText() + " for " + token.members() + " without " + token.labels() + ": transaction of " + entries.stream().map(Entry::request).toList();
        assertThat(reply.status()).as(call).isEqualTo(may ? 200 : 403);
        met.merge("transaction " + reply.status(), 1, Integer::sum);
        if (may) {
            entries.forEach(entry -> entry.done().run());
            world.inherit(items.values().stream().filter(item -> item.states.size() > versions.get(item)).toList());
            // As R4 asks, each entry says where its resource stands; new ones are known from there.
            List<String> locations = new java.util.ArrayList<>();
            reply.json().root().field("entry").each().forEach(entry -> locations.add(String.valueOf(entry.field("response").fieldText("location"))));
            made.forEach(item -> {
                String location = locations.stream().filter(each -> each.matches(".*\\b" + item.type + "/[^/]+/_history/1") && !world.items.containsKey(each.replaceAll(".*\\b(" + item.type + "/[^/]+)/_history/1", "$1")))
                    .findFirst().orElseThrow(() -> new AssertionError(call + " told no " + item.type + ": " + locations));
                Item created = new Item(item.type, location.replaceAll(".*/([^/]+)/_history/1$", "$1"), item.now());
                keep(created);
            });
        }
        items.values().forEach(item -> assertThat(storedVersion(item)).as(call + " left " + item.reference()).isEqualTo(item.now().version()));
        WRITTEN.forEach(type -> assertThat(reply.body().contains("\"resourceType\":\"" + type + "\"") && !readsWholeType(token, type)).as("shows what may not be read: " + call).isFalse());
    }

    private Entry deletion(Token token, Item item) {
        boolean allowed = Oracle.allows(token, item.type, "d") && (!token.isLimited() || !World.SHARED.contains(item.type));
        boolean effective = allowed && Oracle.within(token, item.type, item.now(), "d");
        return new Entry("{\"request\":{\"method\":\"DELETE\",\"url\":\"" + item.reference() + "\"}}", allowed, () -> {
            if (effective) {
                item.states.add(item.now().next(true));
            }
        });
    }

    private Entry creation(Token token, Item like, List<Item> made) {
        State first = fresh(changed(like, random.nextInt(3) == 0));
        boolean may = mayCreate(token, like.type, first);
        made.add(new Item(like.type, "", first));
        return new Entry("{\"resource\":" + Item.json(like.type, null, first) + ",\"request\":{\"method\":\"POST\",\"url\":\"" + like.type + "\"}}", may, () -> { });
    }

    private Entry change(Token token, Item item) {
        State next = changed(item, true);
        for (int tries = 0; tries < 20 && isSame(item.now(), next); tries++) {
            next = changed(item, true);
        }
        return isSame(item.now(), next) ? deletion(token, item) : change(token, item, next);
    }

    private static Entry change(Token token, Item item, State next) {
        boolean may = mayUpdate(token, item, next);
        return new Entry("{\"resource\":" + Item.json(item.type, item.id, next) + ",\"request\":{\"method\":\"PUT\",\"url\":\"" + item.reference() + "\"}}", may, () -> item.states.add(next));
    }

    private static boolean isSame(State now, State next) {
        return next.tokens().equals(now.tokens()) && next.refs().equals(now.refs()) && next.labels().equals(now.labels()) && next.name().equals(now.name());
    }

    private static State fresh(State state) {
        return new State(1, false, state.member(), withoutIdentifier(state.tokens()), state.refs(), state.name(), state.own(), state.labels());
    }

    private static boolean mayCreate(Token token, String type, State first) {
        boolean own = !token.isLimited() || !World.SHARED.contains(type);
        return own && Oracle.allows(token, type, "c") && Oracle.within(token, type, first, "c");
    }

    /** Whether a search under the token finds it. */
    private static boolean finds(Token token, Item item) {
        return Oracle.allows(token, item.type, "s") && Oracle.within(token, item.type, item.now(), "s");
    }

    /** Something with an identifier: half of the time, if there is one, something that the token may do it with. */
    private Item identified(java.util.function.Predicate<Item> likely) {
        List<Item> all = living().stream().filter(item -> item.now().tokens().containsKey("identifier")).toList();
        List<Item> some = random.nextBoolean() ? all.stream().filter(likely).toList() : List.of();
        List<Item> from = some.isEmpty() ? all : some;
        return from.get(random.nextInt(from.size()));
    }

    /** What the token does not find is not there, so that the condition never tells of it: it is made beside what is hidden. */
    private void conditionalCreate(Token token) {
        Item item = identified(each -> mayCreate(token, each.type, fresh(each.now())));
        String identifier = item.now().tokens().get("identifier").get(0);
        State first = fresh(changed(item, false));
        Reply reply = server.call(token, "POST", item.type, Item.json(item.type, null, first), FHIR, "If-None-Exist", "identifier=" + identifier.replace("|", "%7C"));
        boolean may = Oracle.allows(token, item.type, "s") && !finds(token, item) && mayCreate(token, item.type, first);
        String call = token.scopeText() + " for " + token.members() + " without " + token.labels() + ": POST " + item.type + " if none has " + identifier + ", " + item.now();
        if (finds(token, item)) {
            // There is one: nothing is made. What is found and may not be read is not shown.
            assertThat(reply.status()).as(call).isNotEqualTo(201);
            assertThat(reply.body().contains("\"resourceType\":\"" + item.type + "\"") && !Oracle.within(token, item.type, item.now(), "r")).as(call).isFalse();
        } else {
            assertThat(reply.status()).as(call).isEqualTo(may ? 201 : 403);
        }
        met.merge("conditional POST " + reply.status(), 1, Integer::sum);
        if (reply.status() == 201) {
            Item created = new Item(item.type, reply.response().headers().firstValue("Location").orElseThrow().replaceAll(".*/([^/]+)/_history/1$", "$1"), first);
            keep(created);
        }
        assertThat(storedVersion(item)).as(call).isEqualTo(item.now().version());
    }

    private void conditionalUpdate(Token token) {
        Item item = identified(each -> finds(token, each) && Oracle.within(token, each.type, each.now(), "u"));
        String identifier = item.now().tokens().get("identifier").get(0);
        State changed = changed(item, random.nextInt(3) == 0);
        State next = item.now().with(changed.member(), withoutIdentifier(changed.tokens()), changed.refs(), changed.own());
        Reply reply = server.call(token, "PUT", item.type + "?identifier=" + identifier, Item.json(item.type, null, next), FHIR);
        boolean found = finds(token, item);
        boolean may = Oracle.allows(token, item.type, "s") && (found ? mayUpdate(token, item, next) : mayCreate(token, item.type, fresh(next)));
        String call = token.scopeText() + " for " + token.members() + " without " + token.labels() + ": PUT " + item.type + "?identifier=" + identifier + " " + item.now() + " to " + next;
        assertThat(reply.status()).as(call).isEqualTo(!may ? 403 : found ? 200 : 201);
        met.merge("conditional PUT " + reply.status(), 1, Integer::sum);
        if (may && found) {
            write(item, next);
        } else if (may) {
            Item created = new Item(item.type, reply.response().headers().firstValue("Location").orElseThrow().replaceAll(".*/([^/]+)/_history/1$", "$1"), fresh(next));
            keep(created);
        }
        assertThat(storedVersion(item)).as(call).isEqualTo(item.now().version());
    }

    private void create(Token token) {
        Item like = living(token);
        State state = changed(like, random.nextInt(3) == 0);
        State first = fresh(state);
        Reply reply = server.call(token, "POST", like.type, Item.json(like.type, null, first), FHIR);
        boolean may = mayCreate(token, like.type, first);
        assertThat(reply.status()).as(token.scopeText() + " for " + token.members() + ": POST " + like.type + " " + first).isEqualTo(may ? 201 : 403);
        met.merge("POST " + reply.status(), 1, Integer::sum);
        if (may) {
            String location = reply.response().headers().firstValue("Location").orElseThrow();
            String id = location.replaceAll(".*/([^/]+)/_history/1$", "$1");
            Item created = new Item(like.type, id, first);
            keep(created);
        }
    }

    private static Map<String, List<String>> withoutIdentifier(Map<String, List<String>> tokens) {
        Map<String, List<String>> without = new HashMap<>(tokens);
        without.remove("identifier");
        return without;
    }

    /** Under a limited grant an id that is free is refused as one that somebody else has. */
    private void updateUnderAFreeId(Token token) {
        Item like = living(token);
        String id = "free-" + UUID.randomUUID();
        State now = like.now();
        State first = world.labelled(like.type, new State(1, false, now.member(), withoutIdentifier(now.tokens()), now.refs(), now.name(), now.own(), now.own()));
        Reply reply = server.call(token, "PUT", like.type + "/" + id, Item.json(like.type, id, first), FHIR);
        boolean may = !token.isLimited() && Oracle.allows(token, like.type, "c") && Oracle.within(token, like.type, first, "c");
        assertThat(reply.status()).as(token.scopeText() + " for " + token.members() + ": PUT free " + like.type + " " + first).isEqualTo(may ? 201 : 403);
        met.merge("PUT free " + reply.status(), 1, Integer::sum);
        if (may) {
            Item created = new Item(like.type, id, first);
            keep(created);
        }
    }

    private void delete(Token token) {
        Item item = likely(token, each -> (!token.isLimited() || !World.SHARED.contains(each.type)) && Oracle.allows(token, each.type, "d") && Oracle.within(token, each.type, each.now(), "d"));
        Reply reply = server.call(token, "DELETE", item.reference(), null, "");
        boolean allowed = Oracle.allows(token, item.type, "d") && (!token.isLimited() || !World.SHARED.contains(item.type));
        boolean effective = allowed && Oracle.within(token, item.type, item.now(), "d");
        assertThat(reply.status()).as(token.scopeText() + ": DELETE " + item.reference()).isEqualTo(allowed ? 204 : 403);
        met.merge(effective ? "DELETE deleted" : allowed ? "DELETE nothing" : "DELETE 403", 1, Integer::sum);
        if (effective) {
            item.states.add(item.now().next(true));
        } else if (allowed) {
            Reply forged = server.call(token, "DELETE", item.type + "/forged-" + UUID.randomUUID(), null, "");
            assertThat(forged.status()).isEqualTo(reply.status());
            assertThat(forged.response().headers().map().keySet()).as("nothing tells that it is there").isEqualTo(reply.response().headers().map().keySet());
        }
        assertThat(storedVersion(item)).as(token.scopeText() + " for " + token.members() + " without " + token.labels() + ": DELETE " + item.reference() + " " + item.states).isEqualTo(item.now().version());
    }

    private void patch(Token token) {
        Item item = likely(token, each -> each.now().tokens().containsKey("status") && mayUpdate(token, each, patched(each)));
        if (!item.now().tokens().containsKey("status")) {
            return;
        }
        String status = status(item);
        State next = patched(item);
        Reply reply = server.call(token, "PATCH", item.reference(), "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"" + status + "\"}]", "application/json-patch+json");
        settle(token, item, next, reply, mayUpdate(token, item, next), "PATCH", touchable(token, item) ? 403 : 404);
    }

    private static String status(Item item) {
        return item.type.equals("Observation") ? "amended" : item.type.equals("Encounter") ? "cancelled" : "retired";
    }

    private State patched(Item item) {
        State now = item.now();
        Map<String, List<String>> tokens = new HashMap<>(now.tokens());
        tokens.put("status", List.of("|" + status(item)));
        return world.labelled(item.type, now.with(now.member(), tokens, now.refs(), now.labels()));
    }

    /** By identifier: what the token may not find is not there, and so is created beside it where that is allowed. */
    private void conditional(Token token) {
        Item item = living(token);
        String identifier = item.now().tokens().getOrDefault("identifier", List.of("")).get(0);
        if (identifier.isEmpty()) {
            return;
        }
        boolean found = Oracle.allows(token, item.type, "s") && Oracle.within(token, item.type, item.now(), "s");
        Reply reply = server.call(token, "DELETE", item.type + "?identifier=" + identifier, null, "");
        boolean allowed = Oracle.allows(token, item.type, "s") && (!found || Oracle.allows(token, item.type, "d"));
        boolean effective = allowed && found && Oracle.within(token, item.type, item.now(), "d");
        assertThat(reply.status()).as(token.scopeText() + ": DELETE " + item.type + "?identifier=" + identifier).isEqualTo(allowed ? 204 : 403);
        met.merge(effective ? "conditional DELETE deleted" : "conditional DELETE " + reply.status(), 1, Integer::sum);
        if (effective) {
            item.states.add(item.now().next(true));
        }
        assertThat(storedVersion(item)).isEqualTo(item.now().version());
    }
}
