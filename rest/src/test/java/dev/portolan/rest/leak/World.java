package dev.portolan.rest.leak;

import dev.portolan.rest.leak.Item.State;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Sixty members in families: dependents whose coverage names a subscriber, one practitioner for all, and Provenance, Group, List and Task that point from one record into another. Some resources have
 * versions with other content, other labels, or in another record; some are deleted.
 */
final class World {

    static final int MEMBERS = 60;
    static final String CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category";
    static final List<String> OBSERVATION_CATEGORIES = List.of(CATEGORY + "|laboratory", CATEGORY + "|vital-signs", CATEGORY + "|social-history", "urn:other|laboratory");
    static final List<String> CONDITION_CATEGORIES = List.of("http://terminology.hl7.org/CodeSystem/condition-category|encounter-diagnosis",
        "http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item", "http://hl7.org/fhir/us/core/CodeSystem/condition-category|health-concern");
    static final List<String> CODES = List.of("http://loinc.org|1-8", "http://loinc.org|2-6", "http://loinc.org|3-4");
    static final List<String> LABELS = List.of("http://terminology.hl7.org/CodeSystem/v3-ActCode|ETH", "http://terminology.hl7.org/CodeSystem/v3-ActCode|PSY",
        "http://terminology.hl7.org/CodeSystem/v3-Confidentiality|R");

    /** Types that are nobody's. */
    static final Set<String> SHARED = Set.of("Practitioner", "Organization", "PractitionerRole", "Location", "Medication");
    /** Search parameters that scopes here ask for, and the types that have them in R4, whether or not they have values here. */
    static final Map<String, Set<String>> TOKEN_PARAMETERS = Map.of(
        "category", Set.of("Observation", "Condition", "MedicationRequest"),
        "code", Set.of("Observation", "Condition", "Medication", "MedicationRequest", "List", "Task", "Group"),
        "status", Set.of("Observation", "Encounter", "Coverage", "ExplanationOfBenefit", "MedicationRequest", "List", "Task", "Medication", "Location"),
        "class", Set.of("Encounter"),
        "identifier", Set.of("Observation"));

    final Map<String, Item> items = new ConcurrentHashMap<>();
    final List<String> members = new ArrayList<>();
    /** How the world came about: what each transaction wrote. */
    final List<List<Write>> rounds = new ArrayList<>();
    private final Random random;

    record Write(Item item, State state) {}

    /** What a type is about, and so takes labels from. */
    private static final Map<String, String> ABOUT = Map.of("Provenance", "target", "List", "item", "Task", "focus");

    World(Random random) {
        this.random = random;
        shared();
        for (int i = 0; i < MEMBERS; i++) {
            members.add("m" + i);
        }
        for (int i = 0; i < MEMBERS; i++) {
            member(i);
        }
        for (int i = 0; i < MEMBERS; i++) {
            acrossRecords(i);
        }
        written(all());
        written(changed());
        written(deleted());
    }

    private void written(List<Item> items) {
        rounds.add(items.stream().map(item -> new Write(item, item.now())).toList());
        inherit(items);
    }

    /** The state as it will be stored: with the labels of what it is about. */
    State labelled(String type, State state) {
        Set<String> labels = new TreeSet<>(state.own());
        about(type, state).forEach(target -> labels.addAll(target.labels()));
        return state.labelled(labels);
    }

    private List<Item> about(String type, State state) {
        return ABOUT.containsKey(type) ? state.refs().getOrDefault(ABOUT.get(type), List.of()).stream().map(items::get).filter(java.util.Objects::nonNull).toList() : List.of();
    }

    /** After a transaction: what is about something that got labels takes them on, within the transaction as well as in the same record, there as a version more. */
    void inherit(Collection<Item> written) {
        List<Item> grown = written.stream().filter(item -> !item.now().deleted() && !before(item).labels().containsAll(item.now().labels())).toList();
        for (Item heir : all()) {
            State now = heir.now();
            Set<String> labels = new TreeSet<>(now.labels());
            for (Item target : now.deleted() ? List.<Item>of() : about(heir.type, now)) {
                boolean near = now.member() == null || now.member().equals(target.now().member()) || now.member().equals(before(target).member());
                if (grown.contains(target) && (written.contains(heir) || near)) {
                    labels.addAll(target.now().labels());
                }
            }
            if (!labels.equals(now.labels())) {
                State next = now.labelled(labels);
                if (written.contains(heir)) {
                    heir.states.set(heir.states.size() - 1, next);
                } else {
                    String home = heir.type.equals("Provenance") ? about(heir.type, now).get(0).now().member() : now.member();
                    heir.states.add(new State(now.version() + 1, false, home, now.tokens(), now.refs(), now.name(), now.own(), labels));
                }
            }
        }
    }

    /** The state before the present one; if there was none, one without labels. */
    private static State before(Item item) {
        return item.states.size() > 1 ? item.states.get(item.states.size() - 2) : item.now().labelled(Set.of());
    }

    List<Item> all() {
        return new ArrayList<>(items.values());
    }

    @Nullable Item find(String reference) {
        return items.get(reference);
    }

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private Item add(String type, String id, @Nullable String member, Map<String, List<String>> tokens, Map<String, List<String>> refs, String name, Set<String> labels) {
        Item item = new Item(type, id, new State(1, false, member, tokens, refs, name, labels, labels));
        items.put(item.reference(), item);
        return item;
    }

    private void shared() {
        for (int i = 0; i < 4; i++) {
            add("Organization", "org" + i, null, Map.of(), i == 0 ? Map.of() : Map.of("partof", List.of("Organization/org0")), "Org" + i, Set.of());
            add("Practitioner", "doc" + i, null, Map.of(), Map.of(), "Doc" + i, Set.of());
            add("PractitionerRole", "role" + i, null, Map.of(), Map.of("practitioner", List.of("Practitioner/doc" + i), "organization", List.of("Organization/org" + i)), "", Set.of());
            add("Location", "loc" + i, null, Map.of(), Map.of("organization", List.of("Organization/org" + i)), "Loc" + i, Set.of());
            add("Medication", "med" + i, null, Map.of("code", List.of(CODES.get(i % 3))), Map.of(), "", Set.of());
        }
    }

    private Set<String> labels() {
        return random.nextInt(4) == 0 ? Set.of(one(LABELS)) : Set.of();
    }

    private void member(int i) {
        String member = members.get(i);
        String patient = "Patient/" + member;
        // The first of each three is the subscriber of the other two.
        String subscriber = "Patient/" + members.get(i - i % 3);
        add("Patient", member, member, Map.of(), Map.of("general-practitioner", List.of("Practitioner/doc" + i % 4), "organization", List.of("Organization/org" + i % 4)), "Fam" + i / 3, Set.of());
        add("Coverage", "cov" + i, member, Map.of("status", List.of("|active")),
            Map.of("beneficiary", List.of(patient), "patient", List.of(patient), "subscriber", List.of(subscriber), "payor", List.of("Organization/org" + i % 4)), "", Set.of());
        for (int n = 0; n < 2; n++) {
            List<String> participant = List.of(n == 0 ? "Practitioner/doc0" : "PractitionerRole/role" + i % 4);
            Map<String, List<String>> refs = new HashMap<>(Map.of("subject", List.of(patient), "patient", List.of(patient), "participant", participant, "service-provider", List.of("Organization/org" + n)));
            if (n == 0) {
                refs.put("practitioner", participant);
            }
            add("Encounter", "enc" + i + "-" + n, member, Map.of("status", List.of(n == 0 ? "|finished" : "|planned"), "class", List.of("http://terminology.hl7.org/CodeSystem/v3-ActCode|AMB")), refs, "", labels());
        }
        for (int n = 0; n < 4; n++) {
            String performer = n == 0 ? "Practitioner/doc" + i % 4 : n == 1 ? "Patient/" + members.get((i + 1) % MEMBERS) : "Organization/org0";
            add("Observation", "obs" + i + "-" + n, member,
                Map.of("status", List.of(n == 3 ? "|preliminary" : "|final"), "category", List.of(one(OBSERVATION_CATEGORIES)), "code", List.of(one(CODES)), "identifier", List.of("urn:leak|obs" + i + "-" + n)),
                Map.of("subject", List.of(patient), "patient", List.of(patient), "encounter", List.of("Encounter/enc" + i + "-" + n % 2), "performer", List.of(performer)), "", labels());
        }
        for (int n = 0; n < 2; n++) {
            add("Condition", "cond" + i + "-" + n, member, Map.of("category", List.of(one(CONDITION_CATEGORIES)), "code", List.of(one(CODES))),
                Map.of("subject", List.of(patient), "patient", List.of(patient), "encounter", List.of("Encounter/enc" + i + "-" + n)), "", labels());
        }
        add("ExplanationOfBenefit", "eob" + i, member, Map.of("status", List.of("|active")),
            Map.of("patient", List.of(patient), "provider", List.of("Practitioner/doc" + i % 4), "coverage", List.of("Coverage/cov" + i)), "", labels());
        add("MedicationRequest", "mr" + i, member, Map.of("status", List.of("|active")),
            Map.of("subject", List.of(patient), "patient", List.of(patient), "requester", List.of("Practitioner/doc" + i % 4), "medication", List.of("Medication/med" + i % 4)), "", labels());
    }

    /** References that lead from one record into another, and a Group, which is nobody's though it names members. */
    private void acrossRecords(int i) {
        String member = members.get(i);
        String patient = "Patient/" + member;
        int other = (i + 7) % MEMBERS;
        add("Provenance", "prov" + i, member, Map.of(), Map.of("target", List.of("Observation/obs" + i + "-0", "Observation/obs" + other + "-0"), "agent", List.of("Organization/org0")), "", Set.of());
        add("List", "list" + i, member, Map.of("status", List.of("|current")),
            Map.of("subject", List.of(patient), "patient", List.of(patient), "item", List.of("Observation/obs" + i + "-1", "Observation/obs" + other + "-1")), "", Set.of());
        add("Task", "task" + i, member, Map.of("status", List.of("|requested")),
            Map.of("patient", List.of(patient), "subject", List.of(patient), "focus", List.of("ExplanationOfBenefit/eob" + other), "owner", List.of("Organization/org1")), "", Set.of());
        if (i % 6 == 0) {
            add("Group", "group" + i, null, Map.of(), Map.of("member", List.of(patient, "Patient/" + members.get(other))), "", Set.of());
        }
    }

    private List<Item> changed() {
        List<Item> changed = new ArrayList<>();
        for (Item item : all()) {
            State now = item.now();
            if (item.type.equals("Observation") && random.nextInt(3) == 0) {
                Map<String, List<String>> tokens = new HashMap<>(now.tokens());
                String other = one(OBSERVATION_CATEGORIES.stream().filter(category -> !now.tokens().get("category").contains(category)).toList());
                tokens.put("category", List.of(other));
                item.states.add(now.with(now.member(), tokens, now.refs(), labels()));
                changed.add(item);
            } else if (item.type.equals("Condition") && random.nextInt(6) == 0) {
                String moved = one(members.stream().filter(member -> !member.equals(now.member())).toList());
                Map<String, List<String>> refs = new HashMap<>(now.refs());
                refs.put("subject", List.of("Patient/" + moved));
                refs.put("patient", List.of("Patient/" + moved));
                item.states.add(now.with(moved, now.tokens(), refs, now.labels()));
                changed.add(item);
            }
        }
        return changed;
    }

    private List<Item> deleted() {
        List<Item> deleted = all().stream().filter(item -> item.type.equals("Observation") && item.states.size() > 1 && random.nextInt(4) == 0).toList();
        deleted.forEach(item -> item.states.add(item.now().next(true)));
        return deleted;
    }
}
