package dev.portolan.fhir.search;

import java.util.List;
import java.util.Set;

/**
 * A search parameter as it applies to one resource type.
 *
 * <p>A definition with several base types gives one of these for each. Parameters of {@code Resource} and {@code DomainResource} ({@code _id},
 * {@code _lastUpdated}, {@code _tag}, ...) exist for every type.
 *
 * @param code name in a query, for instance {@code birthdate}
 * @param resourceType the type that it is asked of, for instance {@code Patient}
 * @param type how values are compared
 * @param url canonical of the definition
 * @param expression FHIRPath of the values in a resource, the part that applies to {@code resourceType}; empty for special parameters without one
 * @param targets types that a reference may point to; empty for other types of parameter
 * @param components the parts of a composite, in their order; empty otherwise
 */
public record SearchParameter(
    String code, String resourceType, ParameterType type, String url, String expression, Set<String> targets, List<Component> components) {

    /**
     * One part of a composite parameter.
     *
     * @param definition the parameter whose type and rules the part follows
     * @param expression FHIRPath of the part's values, relative to the element that the composite's expression selects
     */
    public record Component(SearchParameter definition, String expression) {}

    /** Two parameters are the same if they have the same type and code: the registry holds one definition for each. */
    @Override
    public boolean equals(Object other) {
        return other instanceof SearchParameter that && that.code.equals(code) && that.resourceType.equals(resourceType);
    }

    @Override
    public int hashCode() {
        return resourceType.hashCode() * 31 + code.hashCode();
    }
}
