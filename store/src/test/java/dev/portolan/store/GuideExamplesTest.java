package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionValue;
import dev.portolan.fhir.search.Modifier;
import dev.portolan.fhir.search.Prefix;
import dev.portolan.fhir.search.SearchDefinitions;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SearchValue;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every example of the guides is written, read back byte for byte, and found by its own values. */
class GuideExamplesTest {

    private static final int TRANSACTION = 100;
    private static HikariDataSource pool;
    private static RecordDatabase database;
    private static RecordView all;
    private static SearchDefinitions definitions;
    private static final Map<ResourceKey, JsonDocument> EXAMPLES = new LinkedHashMap<>();

    @BeforeAll
    static void write() {
        String folder = System.getenv("PORTOLAN_PACKAGES");
        boolean present = folder != null && !folder.isBlank() && !folder.startsWith("${") && Files.isDirectory(Path.of(folder));
        assumeTrue(present, "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        FhirPackages packages = FhirPackages.load(
            new PackageSources(Path.of(folder), null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), GuideRef.DEFAULTS);
        definitions = SearchDefinitions.compile(packages);
        for (GuideRef guide : GuideRef.DEFAULTS) {
            for (PackageResource example : packages.examples(guide.id(), guide.version())) {
                if (example.id() != null && definitions.parameters().resourceTypes().contains(example.resourceType())) {
                    EXAMPLES.put(new ResourceKey(example.resourceType(), example.id()), example.document());
                }
            }
        }
        pool = TestDatabase.migrated();
        database = RecordDatabase.open(pool, definitions.parameters(), definitions.extractor(), definitions.matcher(), StoreSettings.DEFAULT);
        all = database.records().open(Grants.everything());
        List<ResourceKey> keys = new ArrayList<>(EXAMPLES.keySet());
        for (int at = 0; at < keys.size(); at += TRANSACTION) {
            List<ResourceKey> some = keys.subList(at, Math.min(keys.size(), at + TRANSACTION));
            all.write(transaction -> {
                transaction.lock(some);
                some.forEach(key -> transaction.put(key, EXAMPLES.get(key)));
                return null;
            });
        }
    }

    @AfterAll
    static void close() {
        if (database != null) {
            database.close();
            pool.close();
        }
    }

    @Test
    void what_takes_labels_from_what_it_is_about_is_named_as_the_standard_names_it() {
        LabelHeirs.ABOUT.forEach((type, parameters) -> parameters.forEach(parameter -> assertThat(definitions.parameters().find(type, parameter)).as("%s.%s", type, parameter)
            .hasValueSatisfying(found -> assertThat(found.type()).isEqualTo(dev.portolan.fhir.search.ParameterType.REFERENCE))));
    }

    @Test
    void there_are_examples_of_each_guide() {
        assertThat(EXAMPLES).hasSizeGreaterThan(300);
        assertThat(EXAMPLES.keySet()).extracting(ResourceKey::type).contains("Patient", "Observation", "ExplanationOfBenefit", "Coverage", "InsurancePlan", "Claim");
    }

    @Test
    void each_is_read_back_byte_for_byte_but_for_the_stamps() {
        EXAMPLES.forEach((key, example) -> {
            StoredResource read = ((ReadResult.Found) all.read(key)).resource();
            assertThat(withoutStamps(JsonDocument.parse(read.content().json()))).as(key.toString()).isEqualTo(withoutStamps(example));
        });
    }

    @Test
    void each_is_found_by_its_own_values() {
        List<String> missed = new ArrayList<>();
        int[] asked = {0};
        EXAMPLES.forEach((key, example) -> definitions.extractor().extract(example, (parameter, value) -> {
            CriterionValue wanted = asCriterion(value);
            if (wanted != null) {
                asked[0]++;
                if (!finds(key, parameter, wanted)) {
                    missed.add(key + " by " + parameter.code() + "=" + value);
                }
            }
        }));
        assertThat(missed).isEmpty();
        assertThat(asked[0]).isGreaterThan(EXAMPLES.size());
    }

    private static boolean finds(ResourceKey key, SearchParameter parameter, CriterionValue wanted) {
        List<Criterion> criteria = List.of(new Criterion.Parameter(parameter, Modifier.NONE, List.of(wanted)), new Criterion.Ids(Set.of(key.id())));
        SearchQuery query = new SearchQuery(List.of(key.type()), criteria, List.of(), List.of(), OptionalInt.empty(), SearchQuery.Total.NONE, SearchQuery.Summary.FALSE, Set.of(), List.of(),
            List.of());
        return all.search(new SearchRequest(query, null, 10)).entries().stream().anyMatch(entry -> entry.resource().key().equals(key));
    }

    private static @Nullable CriterionValue asCriterion(SearchValue value) {
        if (value instanceof SearchValue.Token token && token.code() != null) {
            return new CriterionValue.Token(token.system(), token.code());
        } else if (value instanceof SearchValue.Reference reference && (reference.id() != null || reference.url() != null)) {
            return reference.url() == null ? new CriterionValue.Reference(reference.type(), reference.id(), null, null) : new CriterionValue.Reference(null, null, reference.url(), null);
        } else if (value instanceof SearchValue.Date date) {
            return new CriterionValue.Date(Prefix.EQ, date.low(), date.high());
        } else if (value instanceof SearchValue.Text text) {
            return new CriterionValue.Text(text.value());
        } else if (value instanceof SearchValue.Uri uri) {
            return new CriterionValue.Uri(uri.value());
        } else if (value instanceof SearchValue.Quantity quantity && quantity.value() != null) {
            CriterionValue.Number number = new CriterionValue.Number(Prefix.EQ, quantity.value(), quantity.value(), quantity.value().add(quantity.value().ulp()));
            return new CriterionValue.Quantity(number, quantity.system(), quantity.code());
        }
        return null;
    }

    /** The compact text without {@code meta.versionId} and {@code meta.lastUpdated}, and without a meta that holds nothing else. */
    private static String withoutStamps(JsonDocument document) {
        JsonValue meta = document.root().field("meta");
        if (meta == null) {
            return text(document);
        }
        List<JsonEdit> edits = new ArrayList<>();
        StringBuilder kept = new StringBuilder();
        for (JsonValue field : meta.children()) {
            if (!field.nameEquals("versionId") && !field.nameEquals("lastUpdated")) {
                kept.append(kept.length() == 0 ? "" : ",").append('"').append(field.name()).append("\":").append(field.toJson());
            }
        }
        if (kept.length() == 0) {
            edits.add(new JsonEdit(meta.nameStart() - 1, meta.end(), new byte[0]));
        } else {
            edits.add(new JsonEdit(meta.start(), meta.end(), ("{" + kept + "}").getBytes(StandardCharsets.UTF_8)));
        }
        return new String(document.splice(edits), StandardCharsets.UTF_8);
    }

    private static String text(JsonDocument document) {
        return new String(document.bytes(), StandardCharsets.UTF_8);
    }
}
