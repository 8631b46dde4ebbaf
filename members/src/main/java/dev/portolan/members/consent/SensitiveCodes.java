package dev.portolan.members.consent;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.store.Labelling;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Labels what is sensitive by the codes in it, wherever in the resource they stand: the list is data ({@code sensitive-codes.txt} or the plan's own file). A resource without such a code gets no label, so the
 * list decides what {@link ConsentEngine} can withhold (CON-02).
 */
public final class SensitiveCodes implements Labelling {

    private static final Set<String> KNOWN = Arrays.stream(SensitiveCategory.values()).flatMap(category -> category.securityLabels().stream()).collect(Collectors.toUnmodifiableSet());

    private static final JsonName SYSTEM = JsonName.of("system");
    private static final JsonName CODE = JsonName.of("code");

    /** A few. */
    private final List<CodeSystem> systems = new ArrayList<>();

    /**
     * How codes of a code system, or beginnings of codes, are labelled.
     *
     * @param lengths that beginnings have
     */
    private record CodeSystem(String url, Map<String, Set<String>> codes, Map<String, Set<String>> beginnings, Set<Integer> lengths) {

        void add(String code, String label) {
            boolean whole = !code.endsWith("*");
            String text = whole ? code : code.substring(0, code.length() - 1);
            (whole ? codes : beginnings).computeIfAbsent(text, key -> new TreeSet<>()).add(label);
            if (!whole) {
                lengths.add(text.length());
            }
        }

        void match(String code, Set<String> found) {
            add(codes.get(code), found);
            for (int length : lengths) {
                if (length <= code.length()) {
                    add(beginnings.get(code.substring(0, length)), found);
                }
            }
        }

        private static void add(@Nullable Set<String> labels, Set<String> found) {
            if (labels != null) {
                found.addAll(labels);
            }
        }
    }

    private SensitiveCodes(Collection<String> lines, String origin) {
        int number = 0;
        for (String line : lines) {
            number++;
            if (!line.isBlank() && !line.startsWith("#")) {
                add(line.strip().split("\\s+"), origin + ":" + number);
            }
        }
    }

    /** The list that comes with the program. */
    public static SensitiveCodes ours() {
        try (InputStream file = SensitiveCodes.class.getResourceAsStream("sensitive-codes.txt");
            BufferedReader lines = new BufferedReader(new InputStreamReader(java.util.Objects.requireNonNull(file), StandardCharsets.UTF_8))) {
            return new SensitiveCodes(lines.lines().toList(), "sensitive-codes.txt");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A plan's own list in place of it.
     *
     * @throws IllegalArgumentException with the line that is wrong
     */
    public static SensitiveCodes of(Path file) {
        try {
            return new SensitiveCodes(Files.readAllLines(file), file.toString());
        } catch (IOException e) {
            throw new IllegalArgumentException("the list of sensitive codes cannot be read: " + file, e);
        }
    }

    private void add(String[] words, String place) {
        String label = (words[0].length() == 1 ? SensitiveCategory.CONFIDENTIALITY : SensitiveCategory.ACT_CODE) + "|" + words[0];
        if (!KNOWN.contains(label) || words.length < 3) {
            throw new IllegalArgumentException(place + ": a line is a label (ETH, ETHUD, PSY, HIV, SEX, SDV, R, V), a code system and at least one code");
        }
        for (String code : Arrays.asList(words).subList(2, words.length)) {
            codeSystem(words[1]).add(code, label);
        }
    }

    private CodeSystem codeSystem(String url) {
        for (CodeSystem known : systems) {
            if (known.url().equals(url)) {
                return known;
            }
        }
        CodeSystem added = new CodeSystem(url, new HashMap<>(), new HashMap<>(), new TreeSet<>());
        systems.add(added);
        return added;
    }

    @Override
    public Set<String> of(String type, JsonDocument resource) {
        Set<String> found = new TreeSet<>();
        for (JsonValue field : resource.root().children()) {
            // What stands in meta is a label already, and not a finding.
            if (!field.nameEquals("meta")) {
                look(field, found);
            }
        }
        return found;
    }

    private void look(JsonValue value, Set<String> found) {
        if (value.isObject()) {
            JsonValue system = value.field(SYSTEM);
            CodeSystem listed = system == null ? null : listed(system);
            String code = listed == null ? null : value.fieldText(CODE);
            if (code != null) {
                listed.match(code, found);
            }
        }
        for (JsonValue child = value.firstChild(); child != null; child = child.nextSibling()) {
            if (child.isObject() || child.isArray()) {
                look(child, found);
            }
        }
    }

    /** Without a string for each of a resource's systems, most of which are not listed. */
    private @Nullable CodeSystem listed(JsonValue system) {
        for (int i = 0; i < systems.size(); i++) {
            if (system.textEquals(systems.get(i).url())) {
                return systems.get(i);
            }
        }
        return null;
    }

    /** For the health page: how many codes of how many systems are known. */
    @Override
    public String toString() {
        return systems.stream().mapToInt(system -> system.codes().size() + system.beginnings().size()).sum() + " codes of " + systems.size() + " code systems";
    }
}
