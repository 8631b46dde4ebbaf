package dev.portolan.fhir.validation;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.hl7.fhir.r5.model.DataType;
import org.hl7.fhir.r5.model.Element;
import org.hl7.fhir.r5.model.ElementDefinition;
import org.hl7.fhir.r5.model.ElementDefinition.ElementDefinitionBindingAdditionalComponent;
import org.hl7.fhir.r5.model.ElementDefinition.ElementDefinitionBindingComponent;
import org.hl7.fhir.r5.model.Extension;

/** What R5 has as elements of a definition and R4 says by extensions, moved to where the validator looks. */
final class LaterElements {

    private static final String ELEMENT = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.";
    private static final String MUST_HAVE_VALUE = ELEMENT + "mustHaveValue";
    private static final String VALUE_ALTERNATIVES = ELEMENT + "valueAlternatives";
    /** Both names are in use. */
    private static final List<String> ADDITIONAL_BINDINGS =
            List.of(ELEMENT + "binding.additional", "http://hl7.org/fhir/tools/StructureDefinition/additional-binding");
    private static final Set<String> OF_ADDITIONAL_BINDING = Set.of("purpose", "valueSet", "usage", "any");
    private static final Set<String> PROSE_OF_ADDITIONAL_BINDING = Set.of("documentation", "shortDoco");

    private LaterElements() {}

    static void take(ElementDefinition element) {
        move(element, MUST_HAVE_VALUE, extension -> element.setProperty("mustHaveValue", extension.getValue()));
        move(element, VALUE_ALTERNATIVES, extension -> element.setProperty("valueAlternatives", extension.getValue()));
    }

    static void take(ElementDefinitionBindingComponent binding) {
        ADDITIONAL_BINDINGS.forEach(url -> move(binding, url, extension -> binding.addAdditional(additional(extension))));
    }

    private static void move(Element element, String url, Consumer<Extension> to) {
        List<Extension> found = element.getExtensionsByUrl(url);
        found.forEach(to);
        element.getExtension().removeAll(found);
    }

    private static ElementDefinitionBindingAdditionalComponent additional(Extension extension) {
        ElementDefinitionBindingAdditionalComponent additional = new ElementDefinitionBindingAdditionalComponent();
        additional.setId(extension.getId());
        for (Extension part : extension.getExtension()) {
            DataType value = part.getValue();
            if (OF_ADDITIONAL_BINDING.contains(part.getUrl()) && value != null) {
                additional.setProperty(part.getUrl(), value);
            } else if (!PROSE_OF_ADDITIONAL_BINDING.contains(part.getUrl())) {
                additional.addExtension(part);
            }
        }
        return additional;
    }
}
