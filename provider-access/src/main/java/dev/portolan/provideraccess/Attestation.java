package dev.portolan.provideraccess;

import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.FhirException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A provider's word that it treats a patient: a Consent (PDex 2.2, profile provider-treatment-relationship-consent). */
final class Attestation {

    private static final List<JsonName> MODIFIERS = Stream.of("modifierExtension", "implicitRules", "_implicitRules").map(JsonName::of).toList();

    private Attestation() {}

    /** The NPIs of the organizations that it is by. */
    static Set<String> npis(JsonValue consent) {
        Set<String> npis = new TreeSet<>();
        for (JsonValue organization : consent.each("organization")) {
            JsonValue identifier = organization.field("identifier");
            if (identifier != null && GroupResource.NPI.equals(identifier.fieldText("system")) && identifier.fieldText("value") != null) {
                npis.add(String.valueOf(identifier.fieldText("value")));
            }
        }
        return npis;
    }

    /**
     * Until when it holds; empty if it does not: it is active, about this patient, by this organization, permits, for treatment, is signed, and its time runs.
     *
     * @param patientId the submitted Patient's own id
     */
    static Optional<Instant> ends(JsonValue consent, @Nullable String patientId, String npi, Instant now, Duration lasting) {
        JsonValue provision = consent.field("provision");
        JsonValue period = provision == null ? null : provision.field("period");
        String signed = consent.fieldText("dateTime");
        boolean said = "active".equals(consent.fieldText("status")) && provision != null && "permit".equals(provision.fieldText("type")) && isTreatment(provision) && npis(consent).contains(npi)
            && isAbout(consent, patientId) && isPlain(consent, provision) && signed != null && period != null && period.fieldText("start") != null;
        if (!said) {
            return Optional.empty();
        }
        try {
            Instant start = Asked.instant(String.valueOf(period.fieldText("start")), false, "Consent");
            Instant end = period.fieldText("end") == null ? now.plus(lasting) : Asked.instant(String.valueOf(period.fieldText("end")), true, "Consent");
            Instant latest = now.plus(lasting);
            boolean runs = !start.isAfter(now) && end.isAfter(now) && !Asked.instant(String.valueOf(signed), false, "Consent").isAfter(now);
            return runs ? Optional.of(end.isAfter(latest) ? latest : end) : Optional.empty();
        } catch (FhirException notADate) {
            return Optional.empty();
        }
    }

    /** What may change the meaning, or takes back a part of what is said, is not understood here: then nothing is attested (R4, extensibility). */
    private static boolean isPlain(JsonValue consent, JsonValue provision) {
        return provision.field("provision") == null && MODIFIERS.stream().allMatch(name -> consent.descendants(name).isEmpty());
    }

    private static boolean isAbout(JsonValue consent, @Nullable String patientId) {
        JsonValue patient = consent.field("patient");
        String reference = patient == null ? null : patient.fieldText("reference");
        return patientId != null && reference != null && (reference.equals("Patient/" + patientId) || reference.equals("#" + patientId));
    }

    private static boolean isTreatment(JsonValue provision) {
        for (JsonValue purpose : provision.each("purpose")) {
            if ("TREAT".equals(purpose.fieldText("code"))) {
                return true;
            }
        }
        return false;
    }
}
