package dev.portolan.benchmarks.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a benchmark loads: the shared resources and whole members, up to a number of resources that the slower side
 * takes in within minutes. Members with very long lives are left out, since one of them would be most of the data.
 */
public final class BenchmarkData {

    private static final int LONGEST_LIFE = 4_000;

    /** A bundle with the number of resources it carries. */
    public record Bundle(byte[] bytes, List<ObjectNode> resources) {}

    private final List<Bundle> shared = new ArrayList<>();
    /** A member's bundles, in the order in which they refer to each other. */
    private final List<List<Bundle>> lives = new ArrayList<>();

    public BenchmarkData(SyntheticData all, int mostResources) throws IOException {
        List<Bundle> life = new ArrayList<>();
        boolean inShared = true;
        int taken = 0;
        for (Path file : all.files()) {
            byte[] bytes = SyntheticData.bytes(file);
            Bundle bundle = new Bundle(bytes, SyntheticData.resources(bytes));
            boolean begins = bundle.resources().stream().anyMatch(r -> r.path("resourceType").asText().equals("Patient"));
            if (begins) {
                inShared = false;
                taken += take(life);
                life = new ArrayList<>();
                if (taken >= mostResources) {
                    return;
                }
            }
            if (inShared) {
                shared.add(bundle);
            } else if (count(life) <= LONGEST_LIFE) {
                life.add(bundle);
            }
        }
        take(life);
    }

    private int take(List<Bundle> life) {
        if (count(life) > LONGEST_LIFE) {
            return 0;
        }
        if (!life.isEmpty()) {
            lives.add(life);
        }
        return count(life);
    }

    public List<Bundle> shared() {
        return shared;
    }

    public List<List<Bundle>> lives() {
        return lives;
    }

    public List<ObjectNode> memberResources() {
        return lives.stream().flatMap(List::stream).flatMap(bundle -> bundle.resources().stream()).toList();
    }

    public int size() {
        return count(shared) + lives.stream().mapToInt(BenchmarkData::count).sum();
    }

    public static int count(List<Bundle> bundles) {
        return bundles.stream().mapToInt(bundle -> bundle.resources().size()).sum();
    }

    /** Resources of each member, by the member's id. */
    public Map<String, List<ObjectNode>> byMember() {
        return memberResources().stream()
                .filter(resource -> !Members.of(resource).isEmpty())
                .collect(Collectors.groupingBy(Members::of, java.util.TreeMap::new, Collectors.toList()));
    }

    /** The same members again under other ids, as text: for growing a database. */
    public static byte[] renamed(Bundle bundle, Map<String, String> ids) {
        String text = new String(bundle.bytes(), java.nio.charset.StandardCharsets.UTF_8);
        StringBuilder out = new StringBuilder(text.length());
        java.util.regex.Matcher matcher = UUID.matcher(text);
        Function<String, String> rename = id -> ids.getOrDefault(id, id);
        int end = 0;
        while (matcher.find()) {
            out.append(text, end, matcher.start()).append(rename.apply(matcher.group()));
            end = matcher.end();
        }
        return out.append(text, end, text.length()).toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    private static final java.util.regex.Pattern UUID =
            java.util.regex.Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
}
