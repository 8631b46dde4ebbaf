package dev.portolan.store;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whose record a resource belongs to. Each resource has one home, even where the R4 compartment definition puts it into several members' compartments (a dependent's Coverage whose
 * subscriber is the parent): the record of the one it is about. The data is in {@code patient-homes.txt}.
 */
final class PatientHomes {

    private final Map<String, List<String>> direct = new HashMap<>();
    private final Map<String, List<String>> through = new HashMap<>();
    private final Set<String> compartment = new HashSet<>();

    PatientHomes() {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
            PatientHomes.class.getResourceAsStream("patient-homes.txt"), StandardCharsets.UTF_8))) {
            String section = "";
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("[")) {
                    section = line;
                } else if (!line.startsWith("#") && !line.isBlank()) {
                    add(section, line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void add(String section, String line) {
        int colon = line.indexOf(':');
        String type = line.substring(0, colon);
        String codes = line.substring(colon + 1).strip();
        List<String> parameters = codes.isEmpty() ? List.of() : List.of(codes.split(" "));
        (section.equals("[through]") ? through : direct).put(type, parameters);
        if (section.equals("[compartment]")) {
            compartment.add(type);
        }
    }

    /** Types of the R4 Patient compartment. */
    Set<String> compartmentTypes() {
        return compartment;
    }

    /**
     * Types that are nobody's by nature (practitioners, organizations, drugs, ...): their rows without a member are visible under any grant whose rules allow the type. Rows without a
     * member of the other types are for {@link Grant.Members.Everyone} only.
     */
    boolean isShared(String type) {
        return !direct.containsKey(type);
    }

    /** Parameters that may name the Patient, in order of precedence. */
    List<String> parameters(String type) {
        return direct.getOrDefault(type, List.of());
    }

    /** Parameters that name resources whose home this one shares if no Patient is named. */
    List<String> through(String type) {
        return through.getOrDefault(type, List.of());
    }
}
