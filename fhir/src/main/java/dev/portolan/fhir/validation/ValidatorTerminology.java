package dev.portolan.fhir.validation;

import dev.portolan.fhir.terminology.Membership;
import dev.portolan.fhir.terminology.Terminology;
import java.util.Objects;
import org.hl7.fhir.r5.model.CodeSystem.ConceptDefinitionComponent;
import org.hl7.fhir.r5.model.CodeableConcept;
import org.hl7.fhir.r5.model.Coding;
import org.hl7.fhir.r5.model.ValueSet;
import org.hl7.fhir.r5.terminologies.utilities.ValidationResult;
import org.hl7.fhir.utilities.validation.ValidationMessage.IssueSeverity;
import org.jspecify.annotations.Nullable;

/**
 * The validator's questions about codes, put to our terminology. What is not known becomes a message of its own, which {@link ReportBuilder} takes out
 * again: the validator only knows right and wrong.
 */
final class ValidatorTerminology {

    /** Marks a message that says that something was not checked. */
    static final String NOT_CHECKED = "portolan-not-checked";
    static final String VALUE_SET = NOT_CHECKED + " VALUE_SET <";
    static final String CODE_SYSTEM = NOT_CHECKED + " CODE_SYSTEM <";

    private final Terminology terminology;

    ValidatorTerminology(Terminology terminology) {
        this.terminology = terminology;
    }

    boolean knowsValueSet(String canonical) {
        return terminology.knowsValueSet(canonical);
    }

    boolean knowsCodeSystem(String system) {
        return terminology.knowsCodeSystem(system);
    }

    /** A code against its own code system. */
    ValidationResult inCodeSystem(@Nullable String system, String code) {
        if (system == null || system.isEmpty()) {
            return known(null, code);
        }
        return switch (terminology.has(system, code)) {
            case IN -> known(system, code);
            case UNKNOWN -> unknown(system, code, CODE_SYSTEM + system + ">");
            case NOT_IN -> new ValidationResult(IssueSeverity.ERROR, "Unknown code '" + code + "' in the code system '" + system + "'", null);
        };
    }

    /** A code against a value set; without a system, as an element of type code has it. */
    ValidationResult inValueSet(@Nullable String system, String code, ValueSet valueSet) {
        return result(system, code, valueSet, membership(system, code, valueSet));
    }

    /** A concept is in a value set if one of its codings is. */
    ValidationResult inValueSet(CodeableConcept concept, ValueSet valueSet) {
        Membership best = Membership.NOT_IN;
        Coding witness = concept.getCodingFirstRep();
        for (Coding coding : concept.getCoding()) {
            Membership membership = coding.hasCode() ? membership(coding.getSystem(), coding.getCode(), valueSet) : Membership.NOT_IN;
            boolean better = membership == Membership.IN || membership == Membership.UNKNOWN && best == Membership.NOT_IN;
            if (better && best != Membership.IN) {
                best = membership;
                witness = coding;
            }
        }
        return result(witness.getSystem(), String.valueOf(witness.getCode()), valueSet, best);
    }

    private Membership membership(@Nullable String system, String code, ValueSet valueSet) {
        return valueSet.getUrl() == null ? Membership.UNKNOWN : terminology.contains(canonical(valueSet), system, code);
    }

    private static String canonical(ValueSet valueSet) {
        return valueSet.hasVersion() ? valueSet.getUrl() + "|" + valueSet.getVersion() : Objects.requireNonNull(valueSet.getUrl());
    }

    private static ValidationResult result(@Nullable String system, String code, ValueSet valueSet, Membership membership) {
        String name = valueSet.getUrl() == null ? "#" + valueSet.getIdPart() : canonical(valueSet);
        return switch (membership) {
            case IN -> known(system, code);
            case UNKNOWN -> unknown(system, code, VALUE_SET + name + ">");
            case NOT_IN -> new ValidationResult(IssueSeverity.ERROR, "The code is not in the value set '" + name + "'", null);
        };
    }

    private static ValidationResult known(@Nullable String system, String code) {
        return new ValidationResult(system, null, new ConceptDefinitionComponent(code), null);
    }

    private static ValidationResult unknown(@Nullable String system, String code, String message) {
        return new ValidationResult(IssueSeverity.INFORMATION, message, system, null, new ConceptDefinitionComponent(code), null, null);
    }
}
