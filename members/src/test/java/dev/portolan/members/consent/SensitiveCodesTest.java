package dev.portolan.members.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.fhir.json.JsonDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** What is labelled by a list of codes (CON-02). */
class SensitiveCodesTest {

    private static final String ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode|";
    private static final List<String> LABELS = List.of("ETH", "ETHUD", "PSY", "HIV", "SEX", "SDV");
    private static final List<String> SYSTEMS = List.of("http://a.example", "http://b.example", "urn:é");

    private record Entry(String label, String system, String code) {

        boolean meets(String otherSystem, String otherCode) {
            boolean beginning = code.endsWith("*");
            return system.equals(otherSystem) && (beginning ? otherCode.startsWith(code.substring(0, code.length() - 1)) : otherCode.equals(code));
        }
    }

    @Property(tries = 500, seed = "42")
    void everyCodeThatTheListNamesOrBeginsIsFound(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        List<Entry> list = new ArrayList<>();
        for (int i = random.nextInt(12); i >= 0; i--) {
            list.add(new Entry(pick(LABELS, random), pick(SYSTEMS, random), code(random) + (random.nextBoolean() ? "*" : "")));
        }
        SensitiveCodes codes = of(list);
        for (int i = 0; i < 20; i++) {
            String system = random.nextInt(5) == 0 ? "http://c.example" : pick(SYSTEMS, random);
            String code = code(random);
            Set<String> expected = new TreeSet<>();
            list.stream().filter(entry -> entry.meets(system, code)).forEach(entry -> expected.add(ACT_CODE + entry.label()));
            String coding = "{\"system\":" + quoted(system, random) + ",\"display\":\"x\",\"code\":" + quoted(code, random) + "}";
            assertThat(found(codes, "{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://c.example\",\"code\":\"0\"}," + coding + "]}}")).isEqualTo(expected);
            assertThat(found(codes, "{\"resourceType\":\"Condition\",\"extension\":[{\"extension\":[{\"valueCoding\":" + coding + "}]}]}")).isEqualTo(expected);
            assertThat(found(codes, "{\"resourceType\":\"Condition\",\"meta\":{\"security\":[" + coding + "]}}")).isEmpty();
        }
    }

    @Test
    void aStarAloneIsEveryCodeOfTheSystem() throws IOException {
        SensitiveCodes codes = of(List.of(new Entry("PSY", "http://a.example", "*")));
        assertThat(found(codes, "{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://a.example\",\"code\":\"1\"}]}}")).containsExactly(ACT_CODE + "PSY");
        assertThat(found(codes, "{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://b.example\",\"code\":\"1\"}]}}")).isEmpty();
        assertThat(found(codes, "{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://a.example\"}]}}")).isEmpty();
    }

    @Test
    void ourOwnListFindsWhatItNames() {
        SensitiveCodes ours = SensitiveCodes.ours();
        assertThat(found(ours, "{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"F10.20\"}]}}")).containsExactly(ACT_CODE + "ETH", ACT_CODE + "ETHUD");
        assertThat(found(ours, "{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"F17.200\"}]}}")).isEmpty();
    }

    @Test
    void aLineThatIsNoneIsRefusedWithItsNumber() {
        assertThatThrownBy(() -> of(List.of(new Entry("PSY", "http://a.example", "1"), new Entry("NOLABEL", "http://a.example", "1")))).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(":2");
    }

    private static Set<String> found(SensitiveCodes codes, String resource) {
        return codes.of("Condition", JsonDocument.parse(resource));
    }

    private static SensitiveCodes of(List<Entry> list) throws IOException {
        Path file = Files.createTempFile("sensitive", ".txt");
        try {
            Files.write(file, list.stream().map(entry -> entry.label() + " " + entry.system() + " " + entry.code()).toList());
            return SensitiveCodes.of(file);
        } finally {
            Files.delete(file);
        }
    }

    private static String code(Random random) {
        StringBuilder code = new StringBuilder();
        for (int i = random.nextInt(4); i >= 0; i--) {
            code.append("AB1.".charAt(random.nextInt(4)));
        }
        return code.toString();
    }

    /** As a string of JSON, sometimes with escapes: what is escaped is the same. */
    private static String quoted(String text, Random random) {
        boolean escaped = random.nextInt(3) == 0;
        return '"' + (escaped ? text.replace("/", "\\/").replace("A", "\\u0041") : text) + '"';
    }

    private static String pick(List<String> from, Random random) {
        return from.get(random.nextInt(from.size()));
    }
}
