package dev.portolan.members.consent;

import dev.portolan.fhir.json.JsonDocument;
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
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Labels what is sensitive by the codes in it, wherever in the resource they stand: the list is data ({@code sensitive-codes.txt} or the plan's own file). A resource without such a code gets no label, so the
 * list decides what {@link ConsentEngine} can withhold (CON-02).
 */
public final class SensitiveCodes implements Labelling {

    private static final Set<String> KNOWN = Arrays.stream(SensitiveCategory.values()).flatMap(category -> category.securityLabels().stream()).collect(Collectors.toUnmodifiableSet());

    /** For each code system what its codes, or beginnings of codes, are labelled; a beginning ends in {@code *}. */
    private final Map<String, NavigableMap<String, Set<String>>> labels = new HashMap<>();

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
            labels.computeIfAbsent(words[1], system -> new TreeMap<>()).computeIfAbsent(code, key -> new TreeSet<>()).add(label);
        }
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
            String system = value.fieldText("system");
            NavigableMap<String, Set<String>> listed = system == null ? null : labels.get(system);
            String code = listed == null ? null : value.fieldText("code");
            if (code != null) {
                match(listed, code, found);
            }
        }
        for (JsonValue child = value.firstChild(); child != null; child = child.nextSibling()) {
            if (child.isObject() || child.isArray()) {
                look(child, found);
            }
        }
    }

    private static void match(NavigableMap<String, Set<String>> listed, String code, Set<String> found) {
        found.addAll(listed.getOrDefault(code, Set.of()));
        for (int length = code.length(); length > 0; length--) {
            found.addAll(listed.getOrDefault(code.substring(0, length) + "*", Set.of()));
        }
    }

    /** For the health page: how many codes of how many systems are known. */
    @Override
    public String toString() {
        return labels.values().stream().mapToInt(Map::size).sum() + " codes of " + List.copyOf(labels.keySet()).size() + " code systems";
    }
}
