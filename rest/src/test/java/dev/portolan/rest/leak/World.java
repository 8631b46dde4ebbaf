package dev.portolan.rest.leak;

import dev.portolan.rest.leak.Item.State;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
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
    private final Random random;

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
        changed();
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
        Item item = new Item(type, id, new State(1, false, member, tokens, refs, name, labels));
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

    private void changed() {
        for (Item item : all()) {
            State now = item.now();
            if (item.type.equals("Observation") && random.nextInt(3) == 0) {
                Map<String, List<String>> tokens = new HashMap<>(now.tokens());
                String other = one(OBSERVATION_CATEGORIES.stream().filter(category -> !now.tokens().get("category").contains(category)).toList());
                tokens.put("category", List.of(other));
                item.states.add(now.with(now.member(), tokens, now.refs(), labels()));
                if (random.nextInt(4) == 0) {
                    item.states.add(item.now().next(true));
                }
            } else if (item.type.equals("Condition") && random.nextInt(6) == 0) {
                String moved = one(members.stream().filter(member -> !member.equals(now.member())).toList());
                Map<String, List<String>> refs = new HashMap<>(now.refs());
                refs.put("subject", List.of("Patient/" + moved));
                refs.put("patient", List.of("Patient/" + moved));
                item.states.add(now.with(moved, now.tokens(), refs, now.labels()));
            }
        }
    }
}
