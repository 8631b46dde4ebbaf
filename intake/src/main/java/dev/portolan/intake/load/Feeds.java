package dev.portolan.intake.load;

import dev.portolan.intake.mapping.Mapping;
import dev.portolan.intake.mapping.MappingReader;
import dev.portolan.intake.source.BundleFormat;
import dev.portolan.intake.source.CsvFormat;
import dev.portolan.intake.source.NdjsonFormat;
import dev.portolan.intake.x12.X12Format;
import dev.portolan.intake.x12.X12Mapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The kinds of feeds that can be loaded. A new kind is a new line in {@link #of}. */
final class Feeds {

    static final String MAPPING = "mapping";
    /** A detail of a CPCDS load: also make clinical resources of the claims. */
    static final String CLINICAL = "clinical";

    /** A format of the plan's own. */
    private static final String CUSTOM = "customtx";
    private static final String OTHER_X12 = "x12other";

    private Feeds() {}

    /**
     * @param details what belongs to the kind: the mapping's text for {@code mapping}
     * @throws LoadException if there is no such kind
     */
    static Feed of(String kind, Map<String, String> details) {
        return switch (kind) {
            case "cpcds" -> cpcds(Boolean.parseBoolean(details.getOrDefault(CLINICAL, "true")));
            case "ndjson" -> new Feed("ndjson", false, List.of(
                new Feed.Part("resources", List.of(".ndjson", ".jsonl"), "hl7fhirr4", new NdjsonFormat(), new ResourceMapper()),
                new Feed.Part("bundles", List.of(".json"), "hl7fhirr4", new BundleFormat(), new ResourceMapper())));
            case "x12" -> x12();
            case MAPPING -> mapping(details.getOrDefault(MAPPING, ""));
            default -> throw new LoadException("there is no feed of the kind '" + kind + "'; there are cpcds, x12, ndjson and mapping");
        };
    }

    private static Feed mapping(String yaml) {
        Mapping mapping = MappingReader.read(yaml);
        return new Feed(MAPPING, true, List.of(part(mapping.name(), List.of(), mapping)));
    }

    /** What claims refer to comes first, since they ask for it. */
    private static Feed cpcds(boolean clinical) {
        List<Feed.Part> parts = new ArrayList<>(List.of(
            part("organizations", List.of("organizations.csv"), bundled("cpcds/organizations")),
            part("practitioners", List.of("practitionerroles.csv", "practitioners.csv"), bundled("cpcds/practitioners")),
            part("members", List.of("members.csv", "patients.csv"), bundled("cpcds/members")),
            part("coverages", List.of("coverages.csv"), bundled("cpcds/coverages")),
            part("claims", List.of("claims.csv"), bundled("cpcds/claims"))));
        if (clinical) {
            parts.add(part("clinical", List.of("claims.csv"), bundled("cpcds/clinical")));
        }
        return new Feed("cpcds", true, parts);
    }

    /** Whoever is enrolled comes first, then claims, then what was decided about them; files are told apart by what stands in them. */
    private static Feed x12() {
        X12Mapper mapper = new X12Mapper(bundled("x12/enrollment"), bundled("cpcds/claims"), bundled("x12/providers"));
        return new Feed("x12", true, List.of(
            new Feed.Part("enrollment", List.of(), OTHER_X12, new X12Format(Set.of("834")), mapper),
            new Feed.Part("claims", List.of(), "x12837", new X12Format(Set.of("837")), mapper),
            new Feed.Part("remittances", List.of(), OTHER_X12, new X12Format(Set.of("835")), mapper),
            new Feed.Part("others", List.of(), OTHER_X12, new X12Format(Set.of()), mapper)));
    }

    private static Feed.Part part(String name, List<String> endings, Mapping mapping) {
        return new Feed.Part(name, endings, CUSTOM, new CsvFormat(mapping.groupBy(), mapping.requiredColumns()), RecordMapper.of(mapping));
    }

    private static Mapping bundled(String name) {
        try (InputStream in = Feeds.class.getResourceAsStream("/mappings/" + name + ".yaml")) {
            return MappingReader.read(new String(java.util.Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
