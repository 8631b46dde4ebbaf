package dev.portolan.fhir.validation;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.exceptions.FHIRException;
import org.hl7.fhir.r5.fhirpath.FHIRPathEngine;
import org.hl7.fhir.r5.model.Base;
import org.hl7.fhir.r5.model.ResourceFactory;
import org.jspecify.annotations.Nullable;

/**
 * Lets invariants ask for the type of what a reference refers to ({@code provider.all(resolve() is Practitioner)}, CARIN Blue Button): a reference {@code Practitioner/123} says it itself. What stands in the resource is not looked up:
 * the validator knows no store.
 */
final class ReferenceTypes extends FhirInstanceValidator.NullEvaluationContext {

    private static final Pattern REFERENCE = Pattern.compile("(?:.*/)?([A-Z][A-Za-z]+)/[A-Za-z0-9\\-.]{1,64}(?:/_history/.*)?");

    @Override
    public @Nullable Base resolveReference(FHIRPathEngine engine, Object context, String url, Base reference) throws FHIRException {
        Matcher matcher = REFERENCE.matcher(url == null ? "" : url);
        if (!matcher.matches()) {
            return null;
        }
        try {
            return ResourceFactory.createResource(matcher.group(1));
        } catch (FHIRException e) {
            return null; // no resource type of R5, so no rule asks for it
        }
    }
}
