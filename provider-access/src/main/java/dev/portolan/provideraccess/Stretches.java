package dev.portolan.provideraccess;

import dev.portolan.members.attribution.Attribution;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Several lines of a roster about the same patient and practitioner: of a member who left and came back, or who is named by an old card and a new one. A list holds one stretch of time for each, whatever the
 * order of the lines is: those that follow each other without a gap are one, and of the rest it is the one that runs, else the one that begins next, else the last that was.
 */
final class Stretches {

    private Stretches() {}

    static List<Attribution> oneOfEach(List<Attribution> attributions, Instant now) {
        Map<List<String>, List<Attribution>> of = new LinkedHashMap<>();
        attributions.forEach(each -> of.computeIfAbsent(List.of(each.patient(), each.providerNpi()), key -> new ArrayList<>()).add(each));
        return of.values().stream().map(lines -> lines.size() == 1 ? lines.get(0) : one(lines, now)).toList();
    }

    private static Attribution one(List<Attribution> lines, Instant now) {
        Attribution chosen = chosen(joined(lines), now);
        String coverage = lines.stream().filter(line -> runs(line, now)).map(Attribution::coverage).filter(text -> !text.isEmpty()).findFirst().orElse(chosen.coverage());
        return new Attribution(chosen.patient(), chosen.providerNpi(), coverage, chosen.starts(), chosen.ends());
    }

    /** In the order of their beginnings, with a gap between each and the next. */
    private static List<Attribution> joined(List<Attribution> lines) {
        List<Attribution> joined = new ArrayList<>();
        for (Attribution line : lines.stream().sorted(Comparator.comparing(Attribution::starts, Comparator.nullsFirst(Comparator.naturalOrder()))).toList()) {
            Attribution last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            if (last != null && (last.ends() == null || line.starts() == null || !line.starts().isAfter(last.ends()))) {
                boolean longer = last.ends() != null && (line.ends() == null || line.ends().isAfter(last.ends()));
                String coverage = last.coverage().isEmpty() ? line.coverage() : last.coverage();
                joined.set(joined.size() - 1, new Attribution(last.patient(), last.providerNpi(), coverage, last.starts(), longer ? line.ends() : last.ends()));
            } else {
                joined.add(line);
            }
        }
        return joined;
    }

    private static Attribution chosen(List<Attribution> joined, Instant now) {
        return joined.stream().filter(stretch -> !isOver(stretch.ends(), now)).findFirst().orElseGet(() -> joined.get(joined.size() - 1));
    }

    private static boolean runs(Attribution line, Instant now) {
        return (line.starts() == null || !line.starts().isAfter(now)) && !isOver(line.ends(), now);
    }

    private static boolean isOver(@Nullable Instant ends, Instant now) {
        return ends != null && !ends.isAfter(now);
    }
}
