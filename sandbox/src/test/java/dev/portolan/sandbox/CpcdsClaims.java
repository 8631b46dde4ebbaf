package dev.portolan.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import dev.portolan.intake.mapping.Columns;
import dev.portolan.intake.mapping.MappedResource;
import dev.portolan.intake.mapping.Mapping;
import dev.portolan.intake.mapping.MappingReader;
import dev.portolan.intake.mapping.References;
import dev.portolan.intake.mapping.SourceRecord;
import dev.portolan.intake.mapping.SourceRow;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the feed's mappings make of a folder of CPCDS files, with the references that claims ask for and without a store. */
final class CpcdsClaims implements References {

    private static final Map<String, String> FILES = new LinkedHashMap<>();

    static {
        FILES.put("organizations", "Organizations.csv");
        FILES.put("practitioners", "PractitionerRoles.csv");
        FILES.put("members", "CPCDS_Members.csv");
        FILES.put("coverages", "CPCDS_Coverages.csv");
        FILES.put("claims", "CPCDS_Claims.csv");
        FILES.put("clinical", "CPCDS_Claims.csv");
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private final Map<String, ObjectNode> made = new LinkedHashMap<>();

    Collection<ObjectNode> of(Path folder) throws IOException {
        for (Map.Entry<String, String> file : FILES.entrySet()) {
            Mapping mapping = mapping(file.getKey());
            for (SourceRecord record : records(folder.resolve(file.getValue()), mapping)) {
                for (MappedResource resource : mapping.map(record, this).resources()) {
                    made.putIfAbsent(resource.type() + "/" + resource.id(), (ObjectNode) JSON.readTree(resource.json()));
                }
            }
        }
        return made.values();
    }

    private static Mapping mapping(String name) throws IOException {
        try (InputStream in = Mapping.class.getResourceAsStream("/mappings/cpcds/" + name + ".yaml")) {
            return MappingReader.read(new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static Collection<SourceRecord> records(Path file, Mapping mapping) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        Map<String, List<SourceRow>> groups = new LinkedHashMap<>();
        try (CsvReader<CsvRecord> rows = CsvReader.builder().ofCsvRecord(file, StandardCharsets.UTF_8)) {
            Columns columns = null;
            int key = -1;
            for (CsvRecord row : rows) {
                if (columns == null) {
                    columns = new Columns(row.getFields());
                    key = mapping.groupBy().map(columns::place).orElse(-1);
                    continue;
                }
                String group = key < 0 ? "line " + row.getStartingLineNumber() : row.getField(key);
                groups.computeIfAbsent(group, any -> new ArrayList<>()).add(new SourceRow(columns, row.getFields().toArray(String[]::new), row.getStartingLineNumber()));
            }
        }
        return groups.values().stream().map(SourceRecord::new).toList();
    }

    @Override
    public Optional<String> stored(String type, String id, String path) {
        JsonNode at = made.get(type + "/" + id);
        for (String name : path.split("\\.")) {
            at = at == null ? null : at.path(name).isArray() ? at.path(name).path(0) : at.path(name);
        }
        return Optional.ofNullable(at).filter(JsonNode::isTextual).map(JsonNode::asText);
    }

    /** The sandbox has no maps of a plan's. */
    @Override
    public @Nullable Target translate(String map, String code) {
        return null;
    }
}
