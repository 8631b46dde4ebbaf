package dev.portolan.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransactionBundlesTest {

    private static final String PRACTITIONERS = """
            {"resourceType":"Bundle","type":"batch","entry":[
              {"fullUrl":"urn:uuid:p1","resource":{"resourceType":"Practitioner","id":"p1","identifier":[{"system":"http://npi","value":"99"}]},
               "request":{"method":"POST","url":"Practitioner","ifNoneExist":"identifier=http://npi|99"}}]}""";

    @TempDir
    private Path folder;

    @Test
    void putsEveryEntryUnderItsOwnIdAndNamesEveryReferencesTarget() throws IOException {
        TransactionBundles bundles = new TransactionBundles(folder);
        bundles.add(file("practitioners.json", PRACTITIONERS));
        bundles.add(file("member.json", """
                {"resourceType":"Bundle","type":"transaction","entry":[
                  {"fullUrl":"urn:uuid:m1","resource":{"resourceType":"Patient","id":"m1"},"request":{"method":"POST","url":"Patient"}},
                  {"fullUrl":"urn:uuid:o1","resource":{"resourceType":"Observation","id":"o1","subject":{"reference":"urn:uuid:m1"},
                    "performer":[{"reference":"Practitioner?identifier=http://npi|99"}],"valueQuantity":{"value":1.50}},
                   "request":{"method":"POST","url":"Observation"}}]}"""));
        JsonNode member = written().get(1);
        assertThat(member.at("/type").asText()).isEqualTo("transaction");
        assertThat(member.at("/entry/1/request").toString()).isEqualTo("{\"method\":\"PUT\",\"url\":\"Observation/o1\"}");
        assertThat(member.at("/entry/1/resource/subject/reference").asText()).isEqualTo("Patient/m1");
        assertThat(member.at("/entry/1/resource/performer/0/reference").asText()).isEqualTo("Practitioner/p1");
        assertThat(text(1)).as("digits stay as they are").contains("1.50");
        assertThat(written().get(0).at("/type").asText()).isEqualTo("transaction");
    }

    @Test
    void cutsALongLifeIntoTransactionsOfBoundedLengthWithoutLosingAnEntry() throws IOException {
        String entries = IntStream.range(0, 1_001)
                .mapToObj(i -> "{\"fullUrl\":\"urn:uuid:%1$d\",\"resource\":{\"resourceType\":\"Observation\",\"id\":\"%1$d\"}}".formatted(i))
                .collect(Collectors.joining(","));
        new TransactionBundles(folder).add(file("long.json", "{\"type\":\"transaction\",\"entry\":[" + entries + "]}"));
        assertThat(written()).extracting(bundle -> bundle.get("entry").size()).containsExactly(400, 400, 201);
        assertThat(written().get(2).at("/entry/200/request/url").asText()).isEqualTo("Observation/1000");
    }

    @Test
    void putsClaimsIntoFilesOfTheirOwnAfterAllElse() throws IOException {
        new TransactionBundles(folder).add(file("member.json", """
                {"resourceType":"Bundle","entry":[
                  {"fullUrl":"urn:uuid:m1","resource":{"resourceType":"Patient","id":"m1"}},
                  {"fullUrl":"urn:uuid:c1","resource":{"resourceType":"Claim","id":"c1","patient":{"reference":"urn:uuid:m1"}}},
                  {"fullUrl":"urn:uuid:o1","resource":{"resourceType":"Observation","id":"o1"}},
                  {"fullUrl":"urn:uuid:e1","resource":{"resourceType":"ExplanationOfBenefit","id":"e1","claim":{"reference":"urn:uuid:c1"}}}]}"""));
        assertThat(Folders.files(folder, ".json.gz")).extracting(file -> file.getFileName().toString()).containsExactly("000001.json.gz", "000002-claims.json.gz");
        assertThat(written().get(0).findValuesAsText("url")).containsExactly("Patient/m1", "Observation/o1");
        assertThat(written().get(1).findValuesAsText("url")).containsExactly("Claim/c1", "ExplanationOfBenefit/e1");
        assertThat(written().get(1).at("/entry/1/resource/claim/reference").asText()).isEqualTo("Claim/c1");
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private List<JsonNode> written() throws IOException {
        List<JsonNode> bundles = new ArrayList<>();
        for (int i = 0; i < Folders.files(folder, ".json.gz").size(); i++) {
            bundles.add(new ObjectMapper().readTree(text(i)));
        }
        return bundles;
    }

    private String text(int index) throws IOException {
        try (var in = new GZIPInputStream(Files.newInputStream(Folders.files(folder, ".json.gz").get(index)))) {
            return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        }
    }
}
