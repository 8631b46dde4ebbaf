package dev.portolan.bulkdata;

import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.rest.FhirOperation;
import dev.portolan.rest.OperationRequest;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A place below a base that answers of this room name, such as a polling location: no guide defines it, and the capability statement does not name it. */
abstract class OwnOperation implements FhirOperation {

    private final String name;
    private final Set<String> methods;

    OwnOperation(String name, String... methods) {
        this.name = name;
        this.methods = Set.of(methods);
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final @Nullable String definition() {
        return null;
    }

    @Override
    public final Set<Level> levels() {
        return Set.of(Level.SYSTEM);
    }

    @Override
    public final Set<String> types() {
        return Set.of();
    }

    @Override
    public final boolean affectsState() {
        return false;
    }

    @Override
    public final Set<String> methods() {
        return methods;
    }

    static @Nullable String parameter(OperationRequest request, String name) {
        return request.parameters().stream().filter(parameter -> parameter.name().equals(name)).map(RawParameter::value).findFirst().orElse(null);
    }
}
