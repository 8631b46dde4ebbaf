package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Small records full of coincidences: few codes, few names, few days, references across members, gaps. */
final class RandomRecords {

    static final String[] NAMES = {"Smith", "smithson", "Émile", "Ümit Öz", "O'Brien", "Zoë", "a", "Zz%_\\"};
    static final String[] CODES = {"a", "b", "c", "A"};
    static final String[] SYSTEMS = {"urn:x", "urn:y", null};
    static final String[] DAYS = {"2020-01-01", "2020-01-02", "2020-06-30", "2021-02-28", "2020-01-01T10:00:00Z", "2020-01-02T00:30:00+02:00", "2020"};

    private final Random random;
    private final int members;
    private final List<JsonDocument> all = new ArrayList<>();

    RandomRecords(long seed, int members) {
        this.random = new Random(seed);
        this.members = members;
        for (int i = 0; i < 4; i++) {
            add("Organization", "o" + i, "\"name\":\"" + pick(NAMES).replace("\\", "\\\\") + "\"");
            add("Practitioner", "d" + i, name() + identifier());
            add("PractitionerRole", "r" + i, "\"practitioner\":" + ref("Practitioner", "d", 5) + ",\"organization\":" + ref("Organization", "o", 5));
        }
        for (int i = 0; i < members; i++) {
            member(i);
        }
        add("Group", "g0", "\"member\":[{\"entity\":" + patient() + "},{\"entity\":" + patient() + "}]");
        for (int i = 0; i < 3; i++) {
            add("List", "l" + i, (random.nextBoolean() ? "\"subject\":" + patient() + "," : "") + "\"entry\":[" + entry() + "," + entry() + "," + entry() + "]");
        }
    }

    List<JsonDocument> all() {
        return all;
    }

    String pick(String[] values) {
        return values[random.nextInt(values.length)];
    }

    private String entry() {
        return "{" + (random.nextInt(4) == 0 ? "\"deleted\":true," : "") + "\"item\":" + ref("Observation", "x" + random.nextInt(members) + "-", 6) + "}";
    }

    private void member(int i) {
        add("Patient", "p" + i, name() + identifier() + ",\"birthDate\":\"" + DAYS[random.nextInt(4)] + "\"" + optional("\"gender\":\"" + pick(new String[] {"male", "female"}) + "\"")
            + optional("\"generalPractitioner\":[" + ref("Practitioner", "d", 5) + "," + ref("Organization", "o", 5) + "]"));
        for (int e = 0; e < 2; e++) {
            add("Encounter", "e" + i + "-" + e, "\"subject\":{\"reference\":\"Patient/p" + i + "\"},\"status\":\"" + pick(CODES) + "\"" + optional("\"period\":" + period())
                + optional("\"participant\":[{\"individual\":" + ref("Practitioner", "d", 5) + "}]"));
        }
        for (int o = 0; o < 6; o++) {
            observation(i, o);
        }
        add("Coverage", "c" + i, optionalFirst("\"beneficiary\":{\"reference\":\"Patient/p" + i + "\"}") + "\"subscriber\":" + patient());
        for (int v = 0; v < 2; v++) {
            add("Provenance", "v" + i + "-" + v, "\"recorded\":\"2020-01-0" + (1 + v) + "T00:00:00Z\",\"target\":[" + ref("Observation", "x" + i + "-", 6) + "," + ref("Encounter", "e" + i + "-", 2) + "]");
        }
    }

    private void observation(int i, int o) {
        String subject = random.nextInt(8) == 0 ? "" : "\"subject\":" + (random.nextInt(10) == 0 ? "{\"reference\":\"Group/g0\"}" : "{\"reference\":\"Patient/p" + i + "\"}") + ",";
        String when = switch (random.nextInt(4)) {
            case 0 -> "";
            case 1 -> ",\"effectivePeriod\":" + period();
            default -> ",\"effectiveDateTime\":\"" + pick(DAYS) + "\"";
        };
        add("Observation", "x" + i + "-" + o, subject + "\"status\":\"" + pick(CODES) + "\",\"code\":" + concept() + ",\"category\":[" + concept() + "," + concept() + "]" + when
            + optional("\"performer\":[" + ref("Practitioner", "d", 5) + "," + (random.nextInt(3) == 0 ? patient() : ref("PractitionerRole", "r", 5)) + "]")
            + optional("\"encounter\":" + ref("Encounter", "e" + i + "-", 3)) + optional("\"issued\":\"" + DAYS[4 + random.nextInt(2)] + "\"")
            + optional("\"valueQuantity\":{\"value\":" + random.nextInt(4) + "}") + optional("\"valueString\":\"" + pick(NAMES).replace("\\", "\\\\") + "\""));
    }

    private void add(String type, String id, String body) {
        String meta = random.nextInt(4) == 0 ? ",\"meta\":{\"security\":[{\"system\":\"urn:label\",\"code\":\"" + pick(new String[] {"r", "v"}) + "\"}],\"tag\":[{\"code\":\"t\"}]}" : "";
        all.add(JsonDocument.parse("{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"" + meta + "," + body + "}"));
    }

    private String optional(String field) {
        return random.nextInt(3) == 0 ? "" : "," + field;
    }

    private String optionalFirst(String field) {
        return random.nextInt(3) == 0 ? "" : field + ",";
    }

    private String name() {
        return "\"name\":[{\"family\":\"" + pick(NAMES).replace("\\", "\\\\") + "\",\"given\":[\"" + pick(NAMES).replace("\\", "\\\\") + "\"]}]";
    }

    private String identifier() {
        return random.nextInt(4) == 0 ? "" : ",\"identifier\":[{" + system() + "\"value\":\"" + pick(CODES) + "\"}]";
    }

    private String system() {
        String system = pick(SYSTEMS);
        return system == null ? "" : "\"system\":\"" + system + "\",";
    }

    private String concept() {
        return "{\"coding\":[{" + system() + "\"code\":\"" + pick(CODES) + "\"}]}";
    }

    private String period() {
        return switch (random.nextInt(3)) {
            case 0 -> "{\"start\":\"" + DAYS[random.nextInt(2)] + "\"}";
            case 1 -> "{\"end\":\"" + DAYS[random.nextInt(4)] + "\"}";
            default -> "{\"start\":\"" + DAYS[random.nextInt(2)] + "\",\"end\":\"" + DAYS[2 + random.nextInt(2)] + "\"}";
        };
    }

    private String patient() {
        return ref("Patient", "p", members);
    }

    private String ref(String type, String prefix, int below) {
        return "{\"reference\":\"" + type + "/" + prefix + random.nextInt(below) + "\"}";
    }
}
