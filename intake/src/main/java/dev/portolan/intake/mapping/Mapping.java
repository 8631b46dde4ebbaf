package dev.portolan.intake.mapping;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A compiled mapping: records in, resources and problems out. Immutable and safe for concurrent use. */
public final class Mapping {

    private final String name;
    private final String version;
    private final Optional<String> groupBy;
    private final List<String> requiredColumns;
    private final List<ResourceTemplate> resources;

    /** One entry under {@code resources}. */
    record ResourceTemplate(String place, Template.ListTemplate template, boolean onlyIfAbsent, RequiredCodes coded) {}

    Mapping(String name, String version, Optional<String> groupBy, List<String> requiredColumns, List<ResourceTemplate> resources) {
        this.name = name;
        this.version = version;
        this.groupBy = groupBy;
        this.requiredColumns = List.copyOf(requiredColumns);
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
        return groupBy;
    }

    /** Columns without which the source cannot be mapped at all. */
    public List<String> requiredColumns() {
        return requiredColumns;
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
        List<MappedResource> made = new ArrayList<>();
        for (ResourceTemplate resource : resources) {
            Value value = resource.template().make(new Scope(record, problems, references));
            if (value instanceof Value.Elements several) {
                several.elements().forEach(one -> toResource((Value.Node) one, resource, record, problems).ifPresent(made::add));
            }
        }
        if (made.isEmpty() && problems.stream().noneMatch(Problem::reject)) {
            problems.add(new Problem(true, "nothing-made", "", record.rows().get(0).line(), "no part of the mapping '" + name + "' applies to this record"));
        }
        return problems.stream().anyMatch(Problem::reject) ? new Outcome(List.of(), problems) : new Outcome(made, problems);
    }

    private static Optional<MappedResource> toResource(Value.Node node, ResourceTemplate template, SourceRecord record, List<Problem> problems) {
        Value type = node.fields().get("resourceType");
        Value id = node.fields().get("id");
        if (!(type instanceof Value.Text typeText) || !(id instanceof Value.Text idText)) {
            problems.add(new Problem(true, "no-key", "", record.rows().get(0).line(), "the record has no business key for " + template.place()));
            return Optional.empty();
        }
        Value.Node claimed = template.coded().withoutProfilesItDoesNotMeet(node, record.rows().get(0).line(), problems);
        return Optional.of(new MappedResource(typeText.text(), idText.text(), JsonText.bytes(claimed), template.onlyIfAbsent()));
    }
}
