package dev.portolan.patientaccess;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.fhirpath.IFhirPath;
import ca.uhn.fhir.fhirpath.IFhirPathEvaluationContext;
import dev.portolan.rest.GuideSearches.Parameter;
import dev.portolan.rest.SearchTexts;
import dev.portolan.sandbox.personas.PersonaResource;
import dev.portolan.sandbox.personas.Personas;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.BaseDateTimeType;
import org.hl7.fhir.r4.model.Period;

/** What a search should find among the sandbox's members, told by going through all of them with HAPI's model and FHIRPath. */
final class Scan {

    private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");

    private final Map<String, IBaseResource> resources = new LinkedHashMap<>();
    private final Map<String, Set<String>> texts = new HashMap<>();
    private final Map<String, List<Range>> ranges = new HashMap<>();
    private final SearchTexts values;
    private final IFhirPath paths;

    private record Range(Instant from, Instant to) {}

    Scan(FhirContext fhir) {
        values = new SearchTexts(fhir);
        paths = fhir.newFhirPath();
        paths.setEvaluationContext(new IFhirPathEvaluationContext() {
            @Override
            public IBase resolveReference(IIdType reference, IBase context) {
                return reference.getResourceType() == null ? null : fhir.getResourceDefinition(reference.getResourceType()).newInstance();
            }
        });
        for (PersonaResource each : Personas.resources()) {
            if (!each.json().contains("\"drug-prior-authorization\"")) { // the base's policy withholds it: pac08
                resources.put(each.reference(), fhir.newJsonParser().parseResource(each.json()));
            }
        }
    }

    List<String> of(String type) {
        return resources.keySet().stream().filter(name -> name.startsWith(type + "/")).toList();
    }

    Set<String> texts(String name, Parameter parameter) {
        return texts.computeIfAbsent(name + " " + parameter, any -> values.of(resources.get(name), parameter));
    }

    /** {@code Type/id} of every resource of a type that has this value. */
    Set<String> found(String type, Parameter parameter, String value) {
        Set<String> found = new TreeSet<>();
        for (String name : of(type)) {
            boolean hit = switch (parameter.type()) {
                case "date" -> ranges(name, parameter).stream().anyMatch(range -> compares(range, value));
                case "string" -> texts(name, parameter).stream().anyMatch(text -> text.toLowerCase(Locale.ROOT).startsWith(value.toLowerCase(Locale.ROOT)));
                default -> texts(name, parameter).contains(value);
            };
            if (hit) {
                found.add(name);
            }
        }
        return found;
    }

    private List<Range> ranges(String name, Parameter parameter) {
        return ranges.computeIfAbsent(name + " " + parameter, any -> readRanges(name, parameter));
    }

    private List<Range> readRanges(String name, Parameter parameter) {
        List<Range> ranges = new ArrayList<>();
        for (IBase value : paths.evaluate(resources.get(name), parameter.expression(), IBase.class)) {
            if (value instanceof Period period) {
                ranges.add(new Range(period.hasStart() ? range(period.getStartElement()).from() : EARLIEST, period.hasEnd() ? range(period.getEndElement()).to() : LATEST));
            } else if (value instanceof BaseDateTimeType date && date.hasValue()) {
                ranges.add(range(date));
            }
        }
        return ranges;
    }

    /** From the first to the last instant of what is written (R4 search, section 3.1.1.4.7); a day without a zone is one in UTC. */
    private static Range range(BaseDateTimeType date) {
        String text = date.getValueAsString();
        if (text.length() == 10) {
            Instant from = Instant.parse(text + "T00:00:00Z");
            return new Range(from, from.plusSeconds(86_400).minusMillis(1));
        }
        Instant from = java.time.OffsetDateTime.parse(text).toInstant();
        return new Range(from, text.contains(".") ? from : from.plusMillis(999));
    }

    private static boolean compares(Range own, String value) {
        String prefix = value.matches("[a-z]{2}.*") ? value.substring(0, 2) : "eq";
        Range asked = range(new org.hl7.fhir.r4.model.DateTimeType(value.matches("[a-z]{2}.*") ? value.substring(2) : value));
        return switch (prefix) {
            case "eq" -> !own.from().isBefore(asked.from()) && !own.to().isAfter(asked.to());
            case "ge" -> !own.to().isBefore(asked.from());
            case "le" -> !own.from().isAfter(asked.to());
            case "gt" -> own.to().isAfter(asked.to());
            case "lt" -> own.from().isBefore(asked.from());
            case "sa" -> own.from().isAfter(asked.to());
            default -> throw new IllegalArgumentException(value);
        };
    }
}
