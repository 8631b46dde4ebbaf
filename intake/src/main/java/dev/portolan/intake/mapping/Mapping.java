package dev.portolan.intake.mapping;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonSyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** A compiled mapping: records in, resources and problems out. Immutable and safe for concurrent use. */
public final class Mapping {

    /** A claim with some lines. */
    private static final int USUAL_BYTES = 8_192;

    private final String name;
    private final String version;
    private final Input input;
    private final Set<String> columns;
    private final List<ResourceTemplate> resources;

    /** One entry under {@code resources}. */
    record ResourceTemplate(String place, Template.Item template, boolean onlyIfAbsent, RequiredCodes coded) {}

    /**
     * What stands under {@code input}.
     *
     * @param oneValue columns that may not have several values in one record
     * @param mayMakeNothing whether a record may say nothing that the mapping is about
     */
    record Input(Optional<String> groupBy, List<String> required, List<String> oneValue, boolean mayMakeNothing) {}

    /** @param columns all that it names, as {@link Columns#key} has them */
    Mapping(String name, String version, Input input, Set<String> columns, List<ResourceTemplate> resources) {
        this.name = name;
        this.version = version;
        this.input = input;
        this.columns = columns;
        this.resources = List.copyOf(resources);
    }

    /** Name and version stand in the Provenance of what the mapping made. */
    public String name() {
        return name;
    }

    public String version() {
        return version;
    }

    /** The column whose equal values make rows one record; empty if each row is one. */
    public Optional<String> groupBy() {
        return input.groupBy();
    }

    /** Columns without which the source cannot be mapped at all. */
    public List<String> requiredColumns() {
        return input.required();
    }

    /** Whether something of the mapping asks for the column. */
    public boolean reads(String column) {
        String key = Columns.key(column);
        return columns.contains(key) || Stream.concat(input.groupBy().stream(), Stream.concat(input.required().stream(), input.oneValue().stream())).anyMatch(name -> Columns.key(name).equals(key));
    }

    /** What a record became. If a problem rejects it there are no resources. */
    public record Outcome(List<MappedResource> resources, List<Problem> problems) {

        public boolean rejected() {
            return problems.stream().anyMatch(Problem::reject);
        }
    }

    /** Maps a record by itself, without what was loaded before. */
    public Outcome map(SourceRecord record) {
        return map(record, References.NONE);
    }

    public Outcome map(SourceRecord record, References references) {
        List<Problem> problems = new ArrayList<>();
        input.oneValue().forEach(column -> requireOneValue(column, record, problems));
        if (!problems.isEmpty()) {
            return new Outcome(List.of(), problems); // rows of several members are nobody's claim
        }
        List<MappedResource> made = new ArrayList<>();
        for (ResourceTemplate resource : resources) {
            Documents documents = new Documents();
            resource.template().addTo(documents, new Scope(record, problems, references));
            documents.made.forEach(json -> toResource(json, resource, record, problems).ifPresent(made::add));
        }
        if (made.isEmpty() && !input.mayMakeNothing() && problems.stream().noneMatch(Problem::reject)) {
            problems.add(new Problem(true, "nothing-made", "", record.rows().get(0).line(), "no part of the mapping '" + name + "' applies to this record"));
        }
        return problems.stream().anyMatch(Problem::reject) ? new Outcome(List.of(), problems) : new Outcome(made, problems);
    }

    private static void requireOneValue(String column, SourceRecord record, List<Problem> problems) {
        String first = "";
        for (SourceRow row : record.rows()) {
            String value = row.value(row.columns().place(column)).strip();
            if (first.isEmpty()) {
                first = value;
            } else if (!value.isEmpty() && !value.equals(first)) {
                problems.add(new Problem(true, "mixed-record", column, row.line(), "the rows of the record have several values of the column '" + column + "', so they are not one record; is its number given twice?"));
                return;
            }
        }
    }

    /** Each element is a resource by itself. */
    private static final class Documents implements Template.Elements {
        private final List<byte[]> made = new ArrayList<>();

        @Override
        public int count() {
            return made.size();
        }

        @Override
        public boolean add(Template template, Scope scope) {
            JsonWriter out = new JsonWriter(USUAL_BYTES);
            boolean added = template.write(scope, out);
            if (added) {
                made.add(out.written());
            }
            return added;
        }
    }

    private static Optional<MappedResource> toResource(byte[] json, ResourceTemplate template, SourceRecord record, List<Problem> problems) {
        try {
            JsonDocument document = JsonDocument.parse(json);
            String type = document.root().fieldText("resourceType");
            String id = document.root().fieldText("id");
            if (type != null && id != null) {
                JsonDocument claimed = template.coded().withoutProfilesItDoesNotMeet(document, record.rows().get(0).line(), problems);
                return Optional.of(new MappedResource(type, id, claimed.bytes(), template.onlyIfAbsent(), claimed));
            }
            problems.add(new Problem(true, "no-key", "", record.rows().get(0).line(), "the record has no business key for " + template.place()));
        } catch (JsonSyntaxException e) {
            problems.add(new Problem(true, "invalid-structure", "", record.rows().get(0).line(), "what the mapping made for " + template.place() + " is no JSON: " + e.getMessage()));
        }
        return Optional.empty();
    }
}
