package dev.portolan.server;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.server.MarkedResource.Version;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import dev.portolan.store.RecordDatabase;
import dev.portolan.store.ResourceKey;

/** A family, two records of one person, and others; what they have is labelled, refers to others' records, contains and is contained, and changes. */
final class MarkedWorld {

    static final String ETH = "http://terminology.hl7.org/CodeSystem/v3-ActCode|ETH";
    static final String PSY = "http://terminology.hl7.org/CodeSystem/v3-ActCode|PSY";
    static final String HIV = "http://terminology.hl7.org/CodeSystem/v3-ActCode|HIV";
    static final String RESTRICTED = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality|R";
    static final Set<String> SENSITIVE = Set.of(ETH, PSY, HIV, RESTRICTED);
    static final Set<String> SHARED = Set.of("Practitioner", "Organization", "Location", "Medication");
    static final String ICD = "http://hl7.org/fhir/sid/icd-10-cm";
    private static final Map<String, String> CODES = Map.of(ETH, "F11.20", PSY, "F33.1", HIV, "B20");
    private static final Grant PLAN = new Grant("test", "test", null, Purpose.ADMINISTRATION, new Grant.Members.Everyone(),
            Map.of("*", new Grant.Rule(EnumSet.allOf(Interaction.class), List.of())), Set.of(), Set.of());

    final Random random;
    final Map<String, MarkedResource> resources = new LinkedHashMap<>();
    /** Patient ids by the members' names. */
    final Map<String, String> patients = new LinkedHashMap<>();
    private final RecordDatabase records;
    private List<MarkedResource> unsaved = new ArrayList<>();

    private final String suffix;

    /** @param suffix of the members' names, so that several worlds have room in one server */
    MarkedWorld(Random random, RecordDatabase records, String suffix) {
        this.random = random;
        this.records = records;
        this.suffix = suffix;
        for (String kind : List.of("Organization", "Location")) {
            add(kind, null, Set.of(), List.of(), "", "\"name\":\"" + mark() + "\"");
        }
        add("Practitioner", null, Set.of(), List.of(), "", "\"name\":[{\"family\":\"" + mark() + "\"}]");
        add("Medication", null, Set.of(), List.of(), "", "\"code\":{\"text\":\"" + mark() + "\"}");
        add("Medication", null, Set.of(ETH), List.of(), "", "\"code\":{\"coding\":[{\"system\":\"http://www.nlm.nih.gov/research/umls/rxnorm\",\"code\":\"6813\"}],\"text\":\"" + mark() + "\"}");
        List.of("head", "spouse", "teen", "child", "twin", "double", "other", "stranger").forEach(role -> patients.put(who(role), mark()));
        patients.keySet().forEach(this::person);
        patients.keySet().forEach(this::record);
        save();
    }

    String who(String role) {
        return role + suffix;
    }

    String mark() {
        StringBuilder mark = new StringBuilder("mk");
        for (int i = 0; i < 8; i++) {
            mark.append(Character.forDigit(random.nextInt(36), 36));
        }
        return mark.append('z').toString();
    }

    private MarkedResource add(String type, @Nullable String home, Set<String> labels, List<String> about, String category, String rest) {
        return add(type, type.equals("Patient") ? patients.get(home) : mark(), home, Set.of(), labels, about, category, rest);
    }

    private MarkedResource add(String type, String id, @Nullable String home, Set<String> money, Set<String> labels, List<String> about, String category, String rest) {
        String security = labels.contains(RESTRICTED) ? "\"meta\":{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\",\"code\":\"R\"}]}," : "";
        String json = "{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"," + security + rest + "}";
        MarkedResource made = new MarkedResource(type, id, money, about, new Version(json, home, new TreeSet<>(labels), category, rest.contains("\"2015-"), false));
        resources.put(made.reference(), made);
        unsaved.add(made);
        return made;
    }

    private static String to(String element, String reference) {
        return "\"" + element + "\":{\"reference\":\"" + reference + "\"}";
    }

    private String code(String element, @Nullable String label) {
        String coding = label == null || !CODES.containsKey(label) ? "" : "\"coding\":[{\"system\":\"" + ICD + "\",\"code\":\"" + CODES.get(label) + "\"}],";
        return "\"" + element + "\":{" + coding + "\"text\":\"" + mark() + "\"}";
    }

    private MarkedResource any(String type) {
        List<MarkedResource> all = resources.values().stream().filter(each -> each.type.equals(type)).toList();
        return all.get(random.nextInt(all.size()));
    }

    String patient(String member) {
        return "Patient/" + patients.get(member);
    }

    private void person(String member) {
        int age = member.equals(who("teen")) ? 14 : member.equals(who("child")) ? 5 : 40;
        add("Patient", member, Set.of(), List.of(), "", "\"identifier\":[{\"system\":\"urn:plan\",\"value\":\"" + mark() + "\"}],\"name\":[{\"family\":\"" + mark() + "\",\"given\":[\"Ann\"]}],\"birthDate\":\""
                + LocalDate.now(ZoneOffset.UTC).minusYears(age).minusDays(3) + "\"," + to("managingOrganization", any("Organization").reference()));
    }

    /** Labels of one kind in three, and none otherwise. */
    private Set<String> labels() {
        return random.nextInt(3) > 0 ? Set.of() : Set.of(List.of(ETH, PSY, HIV, RESTRICTED).get(random.nextInt(4)));
    }

    private static @Nullable String first(Set<String> labels) {
        return labels.isEmpty() ? null : labels.iterator().next();
    }

    private void record(String member) {
        String subject = to("subject", patient(member));
        String head = List.of(who("spouse"), who("teen"), who("child")).contains(member) ? who("head") : member;
        add("RelatedPerson", member, Set.of(), List.of(), "", to("patient", patient(member)) + ",\"name\":[{\"family\":\"" + mark() + "\"}]");
        String copay = mark();
        MarkedResource coverage = add("Coverage", mark(), member, Set.of(copay), Set.of(), List.of(), "", "\"status\":\"active\"," + to("beneficiary", patient(member)) + "," + to("subscriber", patient(head)) + ",\"subscriberId\":\"" + mark()
                + "\",\"payor\":[{\"reference\":\"" + any("Organization").reference() + "\"}],\"costToBeneficiary\":[{\"type\":{\"text\":\"" + copay + "\"},\"valueMoney\":{\"value\":20.00,\"currency\":\"USD\"}}]");
        MarkedResource visit = add("Encounter", member, Set.of(), List.of(), "", "\"status\":\"finished\",\"class\":{\"code\":\"AMB\"}," + subject + ",\"period\":{\"start\":\"2024-03-01\"}," + to("serviceProvider", any("Organization").reference())
                + ",\"reasonCode\":[{\"text\":\"" + mark() + "\"}]");
        for (int i = 0; i < 3; i++) {
            Set<String> labels = i == 0 ? Set.of() : i == 1 ? Set.of(PSY) : labels();
            add("Condition", member, labels, List.of(), "", subject + "," + to("encounter", visit.reference()) + "," + code("code", first(labels)));
        }
        observations(member, subject, visit);
        documents(member, subject);
        claim(member, coverage);
        about(member, subject);
    }

    private void observations(String member, String subject, MarkedResource visit) {
        for (String category : List.of("laboratory", "laboratory", "vital-signs", "social-history")) {
            Set<String> labels = labels();
            boolean contains = random.nextInt(4) == 0;
            Set<String> all = new TreeSet<>(labels);
            String contained = contains ? "\"contained\":[{\"resourceType\":\"Condition\",\"id\":\"c\"," + code("code", PSY) + "}]," : "";
            if (contains) {
                all.add(PSY);
            }
            String performer = random.nextInt(3) == 0 ? patient(List.copyOf(patients.keySet()).get(random.nextInt(patients.size()))) : any("Practitioner").reference();
            add("Observation", member, all, List.of(), category, contained + "\"status\":\"final\",\"category\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":\"" + category + "\"}]}],"
                    + code("code", first(labels)) + "," + subject + "," + to("encounter", visit.reference()) + ",\"performer\":[{\"reference\":\"" + performer + "\"}],\"effectiveDateTime\":\"" + (random.nextInt(5) == 0 ? "2015" : "2024") + "-02-03\",\"valueString\":\"" + mark() + "\"");
        }
    }

    private void documents(String member, String subject) {
        Set<String> labels = labels();
        String binary = mark();
        MarkedResource document = add("DocumentReference", member, labels, List.of(), "", "\"status\":\"current\"," + subject + "," + code("type", first(labels)) + ",\"description\":\"" + mark() + "\",\"date\":\"2024-02-03T00:00:00Z\",\"content\":[{\"attachment\":{\"contentType\":\"text/plain\",\"url\":\"Binary/"
                + binary + "\"}}]");
        // What stands in the file is looked for in its own form, too.
        String text = mark();
        MarkedResource file = add("Binary", binary, member, Set.of(), Set.of(), List.of(document.reference()), "", "\"contentType\":\"text/plain\"," + to("securityContext", patient(member)) + ",\"data\":\""
                + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)) + "\"");
        file.versions.set(0, new Version(file.now().json() + text, member, file.now().labels(), "", false, false));
    }

    private void claim(String member, MarkedResource coverage) {
        Set<String> labels = labels();
        List<String> paid = List.of(mark(), mark(), mark(), mark(), mark());
        String amount = "\"amount\":{\"value\":88.88,\"currency\":\"USD\"}";
        add("ExplanationOfBenefit", mark(), member, Set.copyOf(paid), labels, List.of(), "", "\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">" + paid.get(0) + "</div>\",\"id\":\"n\"},\"status\":\"active\",\"type\":{\"coding\":[{\"code\":\"pharmacy\"}]},\"use\":\"claim\","
                + to("patient", patient(member)) + ",\"created\":\"2024-03-03\",\"billablePeriod\":{\"start\":\"2024-03-01\",\"end\":\"2024-03-02\"}," + to("insurer", any("Organization").reference()) + "," + to("provider", any("Practitioner").reference()) + ",\"outcome\":\"complete\",\"disposition\":\"Paid $88.88 "
                + paid.get(1) + "\"," + "\"insurance\":[{\"focal\":true," + to("coverage", coverage.reference()) + "}],\"diagnosis\":[{\"sequence\":1," + code("diagnosisCodeableConcept", first(labels)) + "}],\"item\":[{\"sequence\":1," + code("productOrService", null)
                + ",\"adjudication\":[{\"category\":{\"text\":\"" + paid.get(2) + "\"}," + amount + "}]}],\"total\":[{\"category\":{\"text\":\"" + paid.get(3) + "\"}," + amount + "}],\"payment\":{\"type\":{\"text\":\"" + paid.get(4) + "\"}," + amount + "}");
    }

    /** What is about other resources, of the same record and of others'. */
    private void about(String member, String subject) {
        MarkedResource medication = any("Medication");
        add("MedicationRequest", member, Set.of(), List.of(medication.reference()), "", "\"status\":\"active\",\"intent\":\"order\"," + subject + "," + to("medicationReference", medication.reference()) + ",\"note\":[{\"text\":\"" + mark() + "\"}]");
        List<String> own = resources.values().stream().filter(each -> member.equals(each.now().home()) && List.of("Observation", "Condition").contains(each.type)).map(MarkedResource::reference).toList();
        String one = own.get(random.nextInt(own.size()));
        String others = any("Observation").reference();
        String result = own.stream().filter(each -> each.startsWith("Observation")).toList().get(random.nextInt(4));
        add("DiagnosticReport", member, Set.of(), List.of(result), "", "\"status\":\"final\"," + subject + "," + code("code", null) + ",\"effectiveDateTime\":\"2024-02-03\",\"result\":[{\"reference\":\"" + result + "\"}],\"conclusion\":\"" + mark() + "\"");
        add("List", member, Set.of(), List.of(one, others), "", "\"status\":\"current\",\"mode\":\"working\",\"title\":\"" + mark() + "\"," + subject + ",\"entry\":[{" + to("item", one) + "},{" + to("item", others) + "}]");
        // A Provenance is at home where its first target is.
        add("Provenance", member, Set.of(), List.of(one, others), "", "\"target\":[{\"reference\":\"" + one + "\"},{\"reference\":\"" + others + "\"}],\"recorded\":\"2024-01-01T00:00:00Z\",\"agent\":[{" + to("who", any("Organization").reference()) + "}],\"reason\":[{\"text\":\"" + mark() + "\"}]");
        add("Communication", member, Set.of(), List.of(one), "", "\"status\":\"completed\"," + subject + ",\"about\":[{\"reference\":\"" + one + "\"}],\"payload\":[{\"contentString\":\"" + mark() + "\"}]");
        add("Composition", member, Set.of(), List.of(one), "", "\"status\":\"final\"," + subject + "," + code("type", null) + ",\"date\":\"2024-01-01\",\"author\":[{\"reference\":\"" + any("Practitioner").reference() + "\"}],\"title\":\"" + mark() + "\",\"section\":[{\"entry\":[{\"reference\":\"" + one + "\"}]}]");
        add("Task", member, Set.of(), List.of(one), "", "\"status\":\"requested\",\"intent\":\"order\"," + to("for", patient(member)) + "," + to("focus", one) + ",\"description\":\"" + mark() + "\"");
        add("Claim", member, Set.of(), List.of(), "", "\"status\":\"active\",\"use\":\"claim\"," + to("patient", patient(member)) + ",\"created\":\"2024-01-01\"," + code("type", null));
    }

    /** Writes what came, in one transaction: in it labels are taken on, whoever's they are. */
    private void save() {
        take(unsaved);
        List<MarkedResource> all = unsaved;
        unsaved = new ArrayList<>();
        all.forEach(this::inherit);
        all.forEach(this::inherit); // a Binary's document is about something, too
    }

    private void take(List<MarkedResource> all) {
        records.records().open(PLAN).write(transaction -> {
            for (MarkedResource each : all) {
                ResourceKey key = new ResourceKey(each.type, each.id);
                if (each.now().deleted()) {
                    transaction.delete(key);
                } else {
                    String json = each.now().json();
                    transaction.put(key, JsonDocument.parse(json.substring(0, json.lastIndexOf('}') + 1)));
                }
            }
            return null;
        }, (transaction, nothing) -> null);
    }

    private void inherit(MarkedResource heir) {
        heir.about.forEach(target -> heir.labelled(resources.get(target).now().labels()));
    }

    /** Some are deleted, some get other content and a label more, some go into another record because they were in the wrong one. */
    void change() {
        List<MarkedResource> changed = new ArrayList<>();
        for (MarkedResource each : List.copyOf(resources.values())) {
            Version now = each.now();
            if (!List.of("Observation", "Condition").contains(each.type) || now.deleted() || random.nextInt(4) > 0) {
                continue;
            }
            switch (random.nextInt(3)) {
                case 0 -> each.becomes(new Version("", now.home(), now.labels(), "", false, true));
                case 1 -> each.becomes(new Version(now.json().replace("\"resourceType\":\"" + each.type + "\",\"id\":\"" + each.id + "\",", "\"resourceType\":\"" + each.type + "\",\"id\":\"" + each.id
                        + "\",\"language\":\"en\",").replaceFirst("\"text\":\"mk[0-9a-z]{8}z\"", "\"text\":\"" + mark() + "\""), now.home(), now.labels(), now.category(), now.old(), false));
                default -> {
                    String from = String.valueOf(now.home());
                    String member = from.equals(who("other")) ? who("stranger") : who("other");
                    each.becomes(new Version(now.json().replace("\"subject\":{\"reference\":\"" + patient(from) + "\"}", "\"subject\":{\"reference\":\"" + patient(member) + "\"}"), member, now.labels(), now.category(), now.old(), false));
                    changed.addAll(provenances(each, member));
                }
            }
            changed.add(each);
        }
        take(changed);
    }

    /** Who corrects where something belongs says anew where it came from: that is at home where its first target is. */
    private List<MarkedResource> provenances(MarkedResource moved, String member) {
        List<MarkedResource> all = resources.values().stream().filter(each -> each.type.equals("Provenance") && each.about.get(0).equals(moved.reference())).toList();
        all.forEach(each -> each.becomes(new Version(each.now().json().replace("\"recorded\":\"2024-01-01", "\"recorded\":\"2024-01-02"), member, each.now().labels(), "", false, false)));
        return all;
    }

    /** What the merge writes: everything of the one names the other, and the two Patients each other. */
    void merged(String merged, String survivor) {
        for (MarkedResource each : resources.values()) {
            Version now = each.now();
            if (each.type.equals("Patient") && List.of(merged, survivor).contains(now.home())) {
                each.becomes(new Version(now.json() + patient(now.home().equals(merged) ? survivor : merged), now.home(), now.labels(), "", false, false));
            } else if (merged.equals(now.home()) && !now.deleted()) {
                each.becomes(new Version(now.json().replace(patient(merged), patient(survivor)), survivor, now.labels(), now.category(), now.old(), false));
            }
        }
    }

    /** What the undoing writes: as it was, and the versions of between are nobody's to read. */
    void parted(String merged, String survivor) {
        for (MarkedResource each : resources.values()) {
            Version before = each.versions.size() > 1 ? each.versions.get(each.versions.size() - 2) : each.now();
            boolean patient = each.type.equals("Patient") && List.of(merged, survivor).contains(each.now().home());
            if (patient || survivor.equals(each.now().home()) && merged.equals(before.home())) {
                each.versions.remove(each.versions.size() - 1);
            }
        }
    }
}
