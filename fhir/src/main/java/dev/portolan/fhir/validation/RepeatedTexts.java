package dev.portolan.fhir.validation;

import java.util.HashMap;
import java.util.Map;
import org.hl7.fhir.r4.model.ElementDefinition;
import org.hl7.fhir.r4.model.ElementDefinition.ElementDefinitionConstraintComponent;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.StructureDefinition;

/** Lets definitions share what they repeat: a snapshot has the constraints of every element's type written out, which are a few hundred and stand there tens of thousands of times. Used by one thread at a time. */
final class RepeatedTexts {

    private final Map<String, String> texts = new HashMap<>();

    void share(StructureDefinition definition) {
        for (ElementDefinition element : definition.getSnapshot().getElement()) {
            for (ElementDefinitionConstraintComponent constraint : element.getConstraint()) {
                share(constraint.getKeyElement());
                share(constraint.getHumanElement());
                share(constraint.getExpressionElement());
                share(constraint.getSourceElement());
            }
            if (element.hasBase()) {
                share(element.getBase().getPathElement());
            }
            element.getType().forEach(type -> share(type.getCodeElement()));
        }
    }

    private void share(PrimitiveType<String> text) {
        String value = text.getValue();
        if (value != null) {
            text.setValue(texts.computeIfAbsent(value, first -> first));
        }
    }
}
