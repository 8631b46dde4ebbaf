package dev.portolan.fhir.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonDocumentTest {

    @Test
    void dropsWhiteSpaceBetweenTokensAndKeepsEverythingElse() {
        JsonDocument document = JsonDocument.parse(" { \"a\" : [ 1.0 , -2.50e+3 ] ,\n\t\"b\" : \"x \\u00e9\\/ é\" , \"c\":{ } } ");
        assertThat(new String(document.bytes(), StandardCharsets.UTF_8)).isEqualTo("{\"a\":[1.0,-2.50e+3],\"b\":\"x \\u00e9\\/ é\",\"c\":{}}");
    }

    @Test
    void findsFieldsAndElements() {
        JsonValue root = JsonDocument.parse("{\"a\":{\"b\":[\"x\",{\"c\":true},null]},\"d\":\"\\ud83d\\ude00é\"}").root();
        JsonValue list = root.field("a").field("b");
        assertThat(list.size()).isEqualTo(3);
        assertThat(list.firstChild().textEquals("x")).isTrue();
        assertThat(list.firstChild().nextSibling().field("c").kind()).isEqualTo(JsonKind.TRUE);
        assertThat(root.fieldText("d")).isEqualTo("😀é");
        assertThat(root.field("d").textEquals("😀é")).isTrue();
        assertThat(root.field("e")).isNull();
    }

    @Test
    void emptyContainersHaveNoChildren() {
        JsonValue root = JsonDocument.parse("{\"a\":[],\"b\":{},\"c\":1}").root();
        assertThat(root.field("a").firstChild()).isNull();
        assertThat(root.field("b").firstChild()).isNull();
        assertThat(root.field("c").text()).isEqualTo("1");
    }

    @Test
    void splicesEdits() {
        JsonDocument document = JsonDocument.parse("{\"id\":\"1\",\"x\":2}");
        JsonValue id = document.root().field("id");
        JsonDocument edited = document.with(List.of(new JsonEdit(id.start(), id.end(), "\"22\"".getBytes(StandardCharsets.UTF_8))));
        assertThat(edited.root().fieldText("id")).isEqualTo("22");
        assertThat(edited.root().field("x").number()).isEqualByComparingTo("2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]", "[1 2]", "{a:1}", "01", "1.", ".5", "1e", "+1", "tru", "nulll",
        "\"\\x\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\udc00\"", "\"a", "\"a\nb\"", "{\"a\":1,\"a\":2}", "1 2", "NaN", "'a'", "{\"a\":1}}"})
    void refusesWhatIsNotJson(String text) {
        assertThatThrownBy(() -> JsonDocument.parse(text)).isInstanceOf(JsonSyntaxException.class);
    }

    @Test
    void refusesDuplicateNamesInLargeObjects() {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < 40; i++) {
            text.append("\"f").append(i).append("\":[").append(i).append("],");
        }
        assertThat(JsonDocument.parse(text + "\"z\":1}").root().size()).isEqualTo(41);
        assertThatThrownBy(() -> JsonDocument.parse(text + "\"f30\":1}")).isInstanceOf(JsonSyntaxException.class);
        assertThatThrownBy(() -> JsonDocument.parse(text + "\"f3\":1}")).isInstanceOf(JsonSyntaxException.class);
    }

    @Test
    void refusesInvalidUtf8AndTooDeepNesting() {
        assertThatThrownBy(() -> JsonDocument.parse(new byte[] {'"', (byte) 0xC0, (byte) 0x80, '"'})).isInstanceOf(JsonSyntaxException.class);
        assertThatThrownBy(() -> JsonDocument.parse(new byte[] {'"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"'})).isInstanceOf(JsonSyntaxException.class);
        assertThatThrownBy(() -> JsonDocument.parse("[".repeat(100_000)))
            .isInstanceOfSatisfying(JsonSyntaxException.class, e -> assertThat(e.limitExceeded()).isTrue());
    }

    @Property(seed = "42")
    void stringsComeBackAsTheyWere(@ForAll String value) {
        String quoted = new com.fasterxml.jackson.databind.node.TextNode(value).toString();
        String expected = new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        JsonDocument document = JsonDocument.parse("{\"v\":" + new String(quoted.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8) + "}");
        assertThat(document.root().fieldText("v")).isEqualTo(expected);
        assertThat(document.root().field("v").textEquals(expected)).isTrue();
    }
}
