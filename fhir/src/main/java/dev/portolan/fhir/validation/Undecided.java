package dev.portolan.fhir.validation;

import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r5.model.CanonicalType;
import org.hl7.fhir.r5.model.ElementDefinition;
import org.hl7.fhir.r5.model.StructureDefinition;
import org.hl7.fhir.utilities.i18n.I18nConstants;
import org.jspecify.annotations.Nullable;

/**
 * Errors of the validator that may be none, because a definition which that very element goes by is not loaded. They become "not checked": as errors they would refuse good data. What is unknown elsewhere in the resource
 * excuses nothing, else whoever writes could get rid of an error by claiming a profile that there is not.
 */
final class Undecided {

    private final Function<String, @Nullable StructureDefinition> definitions;

    Undecided(Function<String, @Nullable StructureDefinition> definitions) {
        this.definitions = definitions;
    }

    /** What is missing to decide, as marked messages ({@link ValidatorTerminology#NOT_CHECKED}); empty if the validator's message holds. */
    String instead(String messageId, Object[] arguments, DefinitionTrail trail, Set<String> unknownValueSets) {
        return switch (messageId) {
            // Arguments: the type that the reference names, the reference, the types that are known. Before it says so the validator asks for that type's definition and then for the profile of each target of this
            // element, and passes over those that it does not get: the one that is meant may be among them.
            case I18nConstants.REFERENCE_REF_BADTARGETTYPE2 ->
                marked(ValidatorTerminology.PROFILE, trail.missedSince(DefinitionContext.BASE_DEFINITIONS + arguments[0]));
            // Arguments: the profile, the names of two slices. A code of which it is not known whether a slice's value set has it fits that slice as well as another.
            case I18nConstants.VALIDATION_VAL_PROFILE_MATCHMULTIPLE -> {
                Set<String> own = valueSets(String.valueOf(arguments[0]), Arrays.asList(arguments[1], arguments[2]));
                yield marked(ValidatorTerminology.VALUE_SET, unknownValueSets.stream().filter(set -> own.contains(address(set))).collect(Collectors.toCollection(LinkedHashSet::new)));
            }
            default -> "";
        };
    }

    private static String marked(String mark, Set<String> canonicals) {
        return canonicals.stream().map(canonical -> mark + canonical + ">").collect(Collectors.joining(" "));
    }

    private Set<String> valueSets(String profile, Collection<Object> slices) {
        StructureDefinition definition = definitions.apply(profile);
        if (definition == null) {
            return Set.of();
        }
        Set<String> ids = definition.getSnapshot().getElement().stream()
                .filter(element -> element.hasSliceName() && slices.contains(element.getSliceName()))
                .map(ElementDefinition::getId)
                .filter(Objects::nonNull)
                .collect(Collectors.toSet());
        return definition.getSnapshot().getElement().stream()
                .filter(element -> ids.stream().anyMatch(id -> element.getId() != null && (element.getId().equals(id) || element.getId().startsWith(id + "."))))
                .flatMap(element -> Stream.concat(Stream.of(element), ofItsTypes(element)))
                .filter(element -> element.hasBinding() && element.getBinding().getValueSet() != null)
                .map(element -> address(element.getBinding().getValueSet()))
                .collect(Collectors.toSet());
    }

    /** A slice may also be told by what the profile of its type says, as that of an extension. */
    private Stream<ElementDefinition> ofItsTypes(ElementDefinition element) {
        return element.getType().stream()
                .flatMap(type -> type.getProfile().stream())
                .map(CanonicalType::getValue)
                .map(definitions)
                .filter(Objects::nonNull)
                .flatMap(definition -> definition.getSnapshot().getElement().stream());
    }

    private static String address(String canonical) {
        int bar = canonical.indexOf('|');
        return bar < 0 ? canonical : canonical.substring(0, bar);
    }
}
