package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonValue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Makes search values of one element of a known data type. */
interface ValueReader {

    void read(JsonValue element, Consumer<SearchValue> values);

    /**
     * The reader for elements of a data type under a parameter type (R4 search, section 3.1.1.4); null if the parameter type does not look at such elements.
     */
    static @Nullable ValueReader of(ParameterType parameter, String dataType, ImpliedSystems.Systems systems) {
        return switch (parameter) {
            case TOKEN -> TokenReaders.of(dataType, systems);
            case REFERENCE -> ReferenceReaders.of(dataType);
            case DATE -> DateReaders.of(dataType);
            case STRING -> StringReaders.of(dataType);
            case NUMBER -> QuantityReaders.number(dataType);
            case QUANTITY -> QuantityReaders.quantity(dataType);
            case URI -> ReferenceReaders.uri(dataType);
            case SPECIAL -> QuantityReaders.position(dataType);
            case COMPOSITE -> null;
        };
    }
}
