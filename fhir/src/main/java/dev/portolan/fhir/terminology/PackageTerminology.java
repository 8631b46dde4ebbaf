package dev.portolan.fhir.terminology;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.PackageResource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Terminology as the loaded packages have it. Reads what it is asked for, keeps a bounded part of it, and is safe for concurrent use. */
public final class PackageTerminology implements Terminology {

    private static final int MOST_EXPANDED_CODES_KEPT = 60_000;
    /** So many characters of an address take as much memory as a code does. */
    private static final int CHARACTERS_A_CODE = 100;

    private final TerminologyContent content;
    private final FormalSystems formal = new FormalSystems();
    private final ValueSetEvaluation evaluation;
    private final Cache<String, Optional<Map<Coding, Concept>>> expansions = Caffeine.newBuilder()
            .maximumWeight(MOST_EXPANDED_CODES_KEPT)
            .weigher((String url, Optional<Map<Coding, Concept>> codes) -> codes.map(Map::size).orElse(0) + 10 + url.length() / CHARACTERS_A_CODE)
            .build();

    public PackageTerminology(FhirPackages packages) {
        this.content = new TerminologyContent(packages);
        this.evaluation = new ValueSetEvaluation(content, formal);
    }

    /** An address that is no value set is not remembered: there is no end of them, and whoever asks can make them as long as a request may be. */
    private Optional<Map<Coding, Concept>> codes(String valueSet) {
        return content.hasValueSet(valueSet) ? expansions.get(valueSet, evaluation::expand) : Optional.empty();
    }

    /** For the test that what callers name is not kept. */
    long addressesKept() {
        expansions.cleanUp();
        return content.codeSystemsKept() + expansions.estimatedSize();
    }

    @Override
    public Optional<Set<Coding>> expand(String valueSet) {
        return codes(valueSet).map(codes -> Set.copyOf(codes.keySet()));
    }

    @Override
    public Optional<Set<Coding>> descendants(String system, String code) {
        return closure(system, found -> found.withDescendants(code));
    }

    @Override
    public Optional<Set<Coding>> ancestors(String system, String code) {
        return closure(system, found -> found.withAncestors(code));
    }

    private Optional<Set<Coding>> closure(String system, Function<CodeSystemContent, Set<String>> walk) {
        return content.codeSystem(system)
                .map(found -> walk.apply(found).stream().map(found::coding).collect(Collectors.toUnmodifiableSet()))
                .filter(codes -> !codes.isEmpty());
    }

    @Override
    public Membership contains(String valueSet, @Nullable String system, String code) {
        return evaluation.contains(valueSet, system, code);
    }

    @Override
    public Membership has(String system, String code) {
        return evaluation.has(system, code);
    }

    @Override
    public boolean knowsValueSet(String valueSet) {
        return content.hasValueSet(valueSet);
    }

    @Override
    public boolean knowsCodeSystem(String system) {
        return formal.covers(system) || content.codeSystem(system).isPresent();
    }

    @Override
    public Optional<Expansion> expansion(String valueSet, @Nullable String filter, boolean activeOnly, int offset, int count) {
        return codes(valueSet).map(codes -> {
            String wanted = filter == null ? "" : filter.toLowerCase(Locale.ROOT);
            List<Concept> matching = codes.values().stream().filter(concept -> matches(concept, wanted) && !(activeOnly && concept.inactive())).toList();
            List<Concept> page = matching.stream().skip(offset).limit(count).toList();
            return new Expansion(url(valueSet), valueSetVersion(valueSet).orElse(""), matching.size(), offset, page);
        });
    }

    private static boolean matches(Concept concept, String text) {
        boolean inDisplay = concept.display() != null && concept.display().toLowerCase(Locale.ROOT).contains(text);
        return text.isEmpty() || inDisplay || concept.code().toLowerCase(Locale.ROOT).contains(text);
    }

    private static String url(String canonical) {
        int bar = canonical.indexOf('|');
        return bar < 0 ? canonical : canonical.substring(0, bar);
    }

    @Override
    public Optional<String> valueSetVersion(String valueSet) {
        return content.valueSet(valueSet).map(set -> set.fieldText("version"));
    }

    @Override
    public Optional<String> codeSystemVersion(String system) {
        return formal.covers(system) ? Optional.empty() : content.codeSystem(system).map(CodeSystemContent::version);
    }

    @Override
    public Optional<String> codeSystemTitle(String system) {
        return formal.covers(system) ? FormalSystems.title(system) : content.codeSystem(system).map(CodeSystemContent::title);
    }

    @Override
    public List<String> names(@Nullable String valueSet, Coding coding) {
        Set<String> names = new LinkedHashSet<>();
        Concept listed = valueSet == null ? null : codes(valueSet).map(codes -> codes.get(coding)).orElse(null);
        if (listed != null && listed.display() != null) {
            names.add(listed.display());
        }
        content.codeSystem(coding.system()).map(found -> found.find(coding.code())).ifPresent(entry -> {
            if (entry.concept().display() != null) {
                names.add(entry.concept().display());
            }
            names.addAll(entry.designations());
        });
        return List.copyOf(names);
    }

    @Override
    public Optional<Concept> lookup(String system, String code) {
        if (formal.covers(system)) {
            return formal.has(system, code) == Membership.IN ? Optional.of(new Concept(system, code, null, null, false, false)) : Optional.empty();
        }
        return content.codeSystem(system).map(found -> found.find(code)).map(CodeSystemContent.Entry::concept);
    }

    @Override
    public Membership subsumes(String system, String codeA, String codeB) {
        Optional<CodeSystemContent> found = content.codeSystem(system);
        boolean known = found.isPresent() && found.get().find(codeA) != null && found.get().find(codeB) != null;
        return known ? Membership.of(found.get().withAncestors(codeB).contains(codeA)) : Membership.UNKNOWN;
    }

    @Override
    public List<Translation> translate(@Nullable String conceptMap, Coding source, @Nullable String targetSystem, boolean reverse) {
        List<PackageResource> maps = conceptMap == null ? content.conceptMaps() : content.conceptMap(conceptMap).map(List::of).orElse(List.of());
        List<Translation> translations = new ArrayList<>();
        for (PackageResource map : maps) {
            for (JsonValue group : map.document().root().each("group")) {
                if (fits(group, source.system(), targetSystem, reverse)) {
                    translate(group, String.valueOf(map.url()), source.code(), reverse, translations);
                }
            }
        }
        return translations;
    }

    @Override
    public boolean knowsConceptMap(String conceptMap) {
        return content.conceptMap(conceptMap).isPresent();
    }

    @Override
    public boolean mapsFrom(String system, @Nullable String targetSystem, boolean reverse) {
        return content.conceptMaps().stream().anyMatch(map -> {
            for (JsonValue group : map.document().root().each("group")) {
                if (fits(group, system, targetSystem, reverse)) {
                    return true;
                }
            }
            return false;
        });
    }

    private static boolean fits(JsonValue group, String system, @Nullable String targetSystem, boolean reverse) {
        String from = group.fieldText(reverse ? "target" : "source");
        String to = group.fieldText(reverse ? "source" : "target");
        return system.equals(from) && to != null && (targetSystem == null || targetSystem.equals(to));
    }

    private static void translate(JsonValue group, String map, String code, boolean reverse, List<Translation> out) {
        String system = String.valueOf(group.fieldText(reverse ? "source" : "target"));
        for (JsonValue element : group.each("element")) {
            String source = element.fieldText("code");
            for (JsonValue one : element.each("target")) {
                String target = one.fieldText("code");
                if (source != null && target != null && code.equals(reverse ? target : source)) {
                    String equivalence = String.valueOf(one.fieldText("equivalence"));
                    String display = (reverse ? element : one).fieldText("display");
                    out.add(new Translation(reverse ? seenFromTheTarget(equivalence) : equivalence, new Concept(system, reverse ? source : target, display, null, false, false), map));
                }
            }
        }
    }

    /** R4 concept-map-equivalence: each of them tells how the target is to the source. */
    private static String seenFromTheTarget(String equivalence) {
        return switch (equivalence) {
            case "wider" -> "narrower";
            case "narrower" -> "wider";
            case "subsumes" -> "specializes";
            case "specializes" -> "subsumes";
            default -> equivalence;
        };
    }
}
