package dev.portolan.fhir.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Random texts, with and without white space, and the same with one byte changed: read as Jackson reads them, or refused as it refuses them. */
class JsonParserAgainstJacksonTest {

    private static final ObjectMapper JACKSON = new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).setNodeFactory(JsonNodeFactory.withExactBigDecimals(true));
    /** Names that meet in hashes' tables, and that differ late. */
    private static final List<String> NAMES = List.of("a", "b", "id", "url", "code", "value", "system", "display", "reference", "valueString", "valueStrinh", "é", "with \"quotes\"", "with\\backslash", "");
    private static final List<String> STRINGS = List.of("\"", "\\", "\n", "\u0001", "é", "€", "😀", " ", "/", "\u007f", "Binary/1", "x");
    private static final String REPLACEMENTS = "{}[]\",:\\ \n\t0a1.-eE+tfnu/\u0001";

    @Property(tries = 3_000, seed = "42")
    void readsWhatJacksonReads(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        boolean compact = random.nextBoolean();
        value(random, text, 4, compact);
        space(random, text, compact && random.nextBoolean());
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        byte[] before = bytes.clone();
        JsonDocument document = JsonDocument.parse(bytes);
        assertThat(bytes).isEqualTo(before);
        same(document.root(), JACKSON.readTree(before));
        same(JsonDocument.parse(document.bytes()).root(), JACKSON.readTree(document.bytes()));
        assertThat(new String(document.bytes(), StandardCharsets.UTF_8)).isEqualTo(compact ? text.toString().strip() : withoutSpace(text.toString()));
    }

    @Property(tries = 6_000, seed = "42")
    void refusesWhatJacksonRefuses(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        value(random, text, 3, random.nextBoolean());
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        bytes[random.nextInt(bytes.length)] = (byte) REPLACEMENTS.charAt(random.nextInt(REPLACEMENTS.length()));
        JsonNode theirs = null;
        try {
            theirs = JACKSON.readTree(bytes);
        } catch (IOException e) {
            assertThat(refused(bytes)).as("%s, which Jackson refuses: %s", new String(bytes, StandardCharsets.UTF_8), e.getMessage()).isTrue();
        }
        if (theirs != null && !theirs.isMissingNode()) {
            same(JsonDocument.parse(bytes).root(), theirs);
        }
    }

    private static boolean refused(byte[] text) {
        try {
            JsonDocument.parse(text);
            return false;
        } catch (JsonSyntaxException e) {
            return true;
        }
    }

    private static void same(JsonValue ours, JsonNode theirs) {
        switch (theirs.getNodeType()) {
            case OBJECT -> {
                assertThat(ours.isObject()).isTrue();
                JsonValue child = ours.firstChild();
                for (Iterator<Map.Entry<String, JsonNode>> fields = theirs.fields(); fields.hasNext(); child = child.nextSibling()) {
                    Map.Entry<String, JsonNode> field = fields.next();
                    assertThat(child.name()).isEqualTo(field.getKey());
                    same(child, field.getValue());
                }
                assertThat(child).isNull();
                looksUp(ours, theirs);
            }
            case ARRAY -> {
                assertThat(ours.isArray()).isTrue();
                assertThat(ours.size()).isEqualTo(theirs.size());
                int place = 0;
                for (JsonValue element : ours.children()) {
                    same(element, theirs.get(place++));
                }
            }
            case STRING -> {
                assertThat(ours.isString()).isTrue();
                assertThat(ours.text()).isEqualTo(theirs.textValue());
                assertThat(ours.textEquals(theirs.textValue())).isTrue();
                assertThat(ours.textEquals(theirs.textValue() + "x")).isFalse();
                assertThat(ours.textEquals("x" + theirs.textValue())).isFalse();
            }
            case NUMBER -> assertThat(ours.number()).isEqualByComparingTo(new BigDecimal(theirs.asText()));
            default -> assertThat(ours.text()).isEqualTo(theirs.asText());
        }
    }

    private static void looksUp(JsonValue ours, JsonNode theirs) {
        for (String name : NAMES) {
            if (name.chars().allMatch(c -> c < 128 && c != '"' && c != '\\')) {
                // An escaped name is another one here, as everywhere in this program; none is escaped in these texts unless it has to be, but a changed byte may make one.
                JsonName prepared = JsonName.of(name);
                assertThat(ours.field(prepared)).isEqualTo(ours.field(name));
                assertThat(ours.fieldText(prepared)).isEqualTo(ours.fieldText(name));
                if (ours.field(name) != null) {
                    same(ours.field(name), theirs.get(name));
                }
                List<JsonValue> deep = new ArrayList<>();
                collect(ours, name, deep);
                assertThat(ours.descendants(prepared)).isEqualTo(deep);
            }
        }
    }

    private static void collect(JsonValue value, String name, List<JsonValue> found) {
        for (JsonValue child : value.children()) {
            if (child.nameEquals(name)) {
                found.add(child);
            }
            collect(child, name, found);
        }
    }

    private static void value(Random random, StringBuilder out, int depth, boolean compact) {
        space(random, out, compact);
        switch (random.nextInt(depth > 0 ? 8 : 5)) {
            case 0, 1, 2 -> out.append(string(random));
            case 3 -> out.append(List.of("0", "-1", "12.50", "1e3", "-0.1E-2", "1234567").get(random.nextInt(6)));
            case 4 -> out.append(List.of("true", "false", "null").get(random.nextInt(3)));
            case 5 -> {
                out.append('[');
                for (int i = random.nextInt(4); i > 0; i--) {
                    value(random, out, depth - 1, compact);
                    out.append(i > 1 ? "," : "");
                }
                space(random, out, compact);
                out.append(']');
            }
            default -> object(random, out, depth, compact);
        }
        space(random, out, compact);
    }

    private static void object(Random random, StringBuilder out, int depth, boolean compact) {
        List<String> names = new ArrayList<>(NAMES);
        java.util.Collections.shuffle(names, random);
        out.append('{');
        for (int i = random.nextInt(8); i > 0; i--) {
            space(random, out, compact);
            out.append(new TextNode(names.get(i)));
            space(random, out, compact);
            out.append(':');
            value(random, out, depth - 1, compact);
            out.append(i > 1 ? "," : "");
        }
        space(random, out, compact);
        out.append('}');
    }

    /** Long and short ones, with what is special at every place of eight bytes. */
    private static String string(Random random) {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(30);
        int special = random.nextInt(3) == 0 ? random.nextInt(30) : -1;
        for (int i = 0; i < length; i++) {
            text.append(i == special ? STRINGS.get(random.nextInt(STRINGS.size())) : String.valueOf((char) ('a' + random.nextInt(26))));
        }
        return new TextNode(text.toString()).toString();
    }

    private static void space(Random random, StringBuilder out, boolean compact) {
        if (!compact && random.nextInt(3) == 0) {
            out.append(" \n\t\r".charAt(random.nextInt(4)));
        }
    }

    private static String withoutSpace(String text) {
        StringBuilder out = new StringBuilder();
        boolean inString = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (inString && c == '\\') {
                out.append(c).append(text.charAt(++i));
                continue;
            }
            inString ^= c == '"';
            if (inString || " \n\t\r".indexOf(c) < 0) {
                out.append(c);
            }
        }
        return out.toString();
    }
}
