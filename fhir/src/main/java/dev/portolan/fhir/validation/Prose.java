package dev.portolan.fhir.validation;

import java.util.List;
import org.hl7.fhir.r4.model.ElementDefinition;
import org.hl7.fhir.r4.model.StructureDefinition;

/** Takes out of a definition what only people read: it is most of its size, and the validator keeps hundreds of definitions. */
final class Prose {

    private Prose() {}

    static void remove(StructureDefinition definition) {
        definition.setText(null);
        definition.setDescription(null);
        definition.setPurpose(null);
        definition.setCopyright(null);
        definition.setContact(null);
        definition.setUseContext(null);
        definition.setJurisdiction(null);
        definition.setMapping(null);
        if (definition.hasSnapshot()) {
            definition.setDifferential(null);
            removeAll(definition.getSnapshot().getElement());
        } else {
            removeAll(definition.getDifferential().getElement());
        }
    }

    private static void removeAll(List<ElementDefinition> elements) {
        for (ElementDefinition element : elements) {
            element.setShort(null);
            element.setDefinition(null);
            element.setComment(null);
            element.setRequirements(null);
            element.setMeaningWhenMissing(null);
            element.setOrderMeaning(null);
            element.setIsModifierReason(null);
            element.setAlias(null);
            element.setMapping(null);
            element.setExample(null);
            element.setCondition(null);
            element.getConstraint().forEach(constraint -> constraint.setXpath(null));
            if (element.hasBinding()) {
                element.getBinding().setDescription(null);
            }
        }
    }
}
