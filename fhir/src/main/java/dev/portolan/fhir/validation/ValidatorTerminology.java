package dev.portolan.fhir.validation;

import dev.portolan.fhir.terminology.Membership;
import dev.portolan.fhir.terminology.Terminology;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.hl7.fhir.r5.model.CodeSystem.ConceptDefinitionComponent;
import org.hl7.fhir.r5.model.CodeableConcept;
import org.hl7.fhir.r5.model.Coding;
import org.hl7.fhir.r5.model.OperationOutcome.IssueSeverity;
import org.hl7.fhir.r5.model.OperationOutcome.IssueType;
import org.hl7.fhir.r5.model.OperationOutcome.OperationOutcomeIssueComponent;
import org.hl7.fhir.r5.model.ValueSet;
import org.hl7.fhir.r5.terminologies.utilities.ValidationResult;
import org.hl7.fhir.utilities.validation.ValidationMessage;
import org.jspecify.annotations.Nullable;

/**
 * The validator's questions about codes, put to our terminology. What is not known becomes a message of its own, which {@link ReportBuilder} takes out
 * again: the validator only knows right and wrong.
 */
final class ValidatorTerminology {

    /** Marks a message that says that something was not checked. Nobody can guess it: messages quote resources, and one that has the mark in it would hide its own faults. */
    static final String NOT_CHECKED = "not-checked-" + UUID.randomUUID();
    static final String VALUE_SET = NOT_CHECKED + " VALUE_SET <";
    static final String CODE_SYSTEM = NOT_CHECKED + " CODE_SYSTEM <";
    static final String PROFILE = NOT_CHECKED + " PROFILE <";

    /** Of one concept: the validator compares each of its messages with all before it. */
    private static final int MOST_FAULTS = 20;

    private final Terminology terminology;
    /** FHIRPath's memberOf() cannot say "not known" and where, so that is noted here. */
    private final ThreadLocal<Set<String>> unknownValueSets = ThreadLocal.withInitial(LinkedHashSet::new);

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
            case NOT_IN -> new ValidationResult(ValidationMessage.IssueSeverity.ERROR, notInSystem(system, code), null);
        };
    }

    /** An element of type code against a value set: its system is the one that the value set takes the code from. */
    ValidationResult inValueSet(String code, ValueSet valueSet) {
        return result(null, code, valueSet, valueSet.getUrl() == null ? Membership.UNKNOWN : terminology.contains(canonical(valueSet), null, code));
    }

    /** A code of a system against a value set. */
    ValidationResult inValueSet(@Nullable String system, String code, ValueSet valueSet) {
        ValidationResult result = result(system, code, valueSet, membership(system, code, valueSet));
        return withFaults(result, system == null || system.isEmpty() ? List.of() : notInItsSystem(system, code));
    }

    private static ValidationResult withFaults(ValidationResult result, List<OperationOutcomeIssueComponent> faults) {
        if (!faults.isEmpty()) {
            result.setIssues(new ArrayList<>(faults)); // it adds to them
        }
        return result;
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
        ValidationResult result = result(witness.getSystem(), String.valueOf(witness.getCode()), valueSet, best);
        return withFaults(result, concept.getCoding().stream()
            .filter(coding -> coding.hasSystem() && coding.hasCode())
            .flatMap(coding -> notInItsSystem(coding.getSystem(), coding.getCode()).stream())
            .limit(MOST_FAULTS)
            .toList());
    }

    /** A code that its own system does not have is wrong whatever the binding; the validator asks no more once a binding is checked. */
    private List<OperationOutcomeIssueComponent> notInItsSystem(String system, String code) {
        if (terminology.has(system, code) != Membership.NOT_IN) {
            return List.of();
        }
        OperationOutcomeIssueComponent fault = new OperationOutcomeIssueComponent();
        fault.setSeverity(IssueSeverity.ERROR);
        fault.setCode(IssueType.CODEINVALID);
        fault.getDetails().setText(notInSystem(system, code));
        return List.of(fault);
    }

    private static String notInSystem(String system, String code) {
        return "Unknown code '" + code + "' in the code system '" + system + "'";
    }

    /** A Coding without a system has no defined meaning (http://hl7.org/fhir/R4/datatypes.html#Coding): it is in no value set, known or not. */
    private Membership membership(@Nullable String system, String code, ValueSet valueSet) {
        if (system == null || system.isEmpty()) {
            return Membership.NOT_IN;
        }
        return valueSet.getUrl() == null ? Membership.UNKNOWN : terminology.contains(canonical(valueSet), system, code);
    }

    private static String canonical(ValueSet valueSet) {
        return valueSet.hasVersion() ? valueSet.getUrl() + "|" + valueSet.getVersion() : Objects.requireNonNull(valueSet.getUrl());
    }

    /** The value sets of which it was not known so far whether they have the code. */
    Set<String> unknownValueSets() {
        return unknownValueSets.get();
    }

    Set<String> takeUnknownValueSets() {
        Set<String> taken = unknownValueSets.get();
        unknownValueSets.remove();
        return taken;
    }

    private ValidationResult result(@Nullable String system, String code, ValueSet valueSet, Membership membership) {
        String name = valueSet.getUrl() == null ? "#" + valueSet.getIdPart() : canonical(valueSet);
        return switch (membership) {
            case IN -> known(system, code);
            case UNKNOWN -> {
                unknownValueSets.get().add(name);
                yield unknown(system, code, VALUE_SET + name + ">");
            }
            case NOT_IN -> new ValidationResult(ValidationMessage.IssueSeverity.ERROR, "The code is not in the value set '" + name + "'", null);
        };
    }

    private static ValidationResult known(@Nullable String system, String code) {
        return new ValidationResult(system, null, new ConceptDefinitionComponent(code), null);
    }

    private static ValidationResult unknown(@Nullable String system, String code, String message) {
        return new ValidationResult(ValidationMessage.IssueSeverity.INFORMATION, message, system, null, new ConceptDefinitionComponent(code), null, null);
    }
}
