package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.search.SearchDefinitions;
import dev.portolan.fhir.search.SearchParameter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Which main dates may have several values in one resource, by the elements that their definitions lead to: the base's alone, and those of the guides where their packages are there. */
class MainDatesTest {

    private static final Pattern PATH = Pattern.compile("[A-Z][A-Za-z]+(\\.[a-z][A-Za-z]*)+");

    private static FhirPackages packages() {
        String folder = System.getenv("PORTOLAN_PACKAGES");
        boolean present = folder != null && !folder.isBlank() && !folder.startsWith("${") && Files.isDirectory(Path.of(folder));
        return FhirPackages.load(new PackageSources(present ? Path.of(folder) : null, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")),
            present ? GuideRef.DEFAULTS : List.of());
    }

    @Test
    void onlyThoseNamedMayHaveSeveralValues() {
        FhirPackages packages = packages();
        SearchDefinitions definitions = SearchDefinitions.compile(packages);
        List<String> wrong = new ArrayList<>();
        for (String type : MainDates.types()) {
            for (SearchParameter parameter : definitions.parameters().of(type)) {
                boolean main = MainDates.isMainDate(type, parameter.code(), definitions.parameters());
                if (main && repeats(parameter, packages) != MainDates.mayRepeat(type, parameter.code())) {
                    wrong.add(type + "." + parameter.code() + ": " + parameter.expression());
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(MainDates.mayRepeat("ExplanationOfBenefit", "service-date")).isTrue();
        assertThat(MainDates.mayRepeat("ExplanationOfBenefit", "created")).isFalse();
    }

    /** By several elements, or by one that stands in a list. The types of a choice are one element. */
    private static boolean repeats(SearchParameter parameter, FhirPackages packages) {
        String type = parameter.resourceType();
        Set<String> paths = new TreeSet<>();
        Matcher path = PATH.matcher(parameter.expression().replaceAll("\\.(as|ofType|where|exists)\\([^)]*\\)", ""));
        while (path.find()) {
            if (path.group().startsWith(type + ".")) {
                paths.add(path.group());
            }
        }
        assertThat(paths).as("%s.%s: %s", type, parameter.code(), parameter.expression()).isNotEmpty();
        return paths.size() > 1 || paths.stream().anyMatch(only -> isList(only, packages.structureDefinition("http://hl7.org/fhir/StructureDefinition/" + type).orElseThrow()));
    }

    /** Whether an element on the way may be there more than once. */
    private static boolean isList(String path, byte[] definition) {
        boolean known = false;
        for (JsonValue element : JsonDocument.parse(definition).root().field("snapshot").field("element").children()) {
            String name = element.fieldText("path").replace("[x]", "");
            known |= name.equals(path);
            if (name.contains(".") && (path + ".").startsWith(name + ".") && !element.fieldText("max").equals("1")) {
                return true;
            }
        }
        assertThat(known).as(path).isTrue();
        return false;
    }
}
