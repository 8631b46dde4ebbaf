package dev.portolan.members.consent;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.members.consent.Preference.Decision;
import dev.portolan.members.consent.Preference.Kind;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A Consent as an app writes it, read as one of the decisions that there are. What it says beyond that is refused and not passed over: a member would believe that it holds.
 *
 * @param patient the reference as it stands
 * @param kind what it is about, by its profile or else by what its provision names
 */
record ConsentDocument(String patient, Kind kind, String app, Decision decision, Set<SensitiveCategory> categories, @Nullable Instant until) {

    private static final String PROVIDERS = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-provider-consent";
    private static final String PAYERS = "http://hl7.org/fhir/us/davinci-hrex/StructureDefinition/hrex-consent";
    /** HRex, hrex-consent-policy. */
    private static final String REGULAR = "#regular";
    private static final String EVERYTHING = "#sensitive";
    private static final List<String> NARROWER = List.of("purpose", "class", "code", "data", "dataPeriod", "provision");
    /** R4, extensibility and Resource.implicitRules: whoever does not understand them must not take the rest as if they were not there. */
    private static final List<String> MODIFIERS = List.of("modifierExtension", "implicitRules", "_implicitRules");
    private static final int LONGEST_APP = 64;
    /** The last day that FHIR's dates have: who writes it means that there is no end. */
    private static final Instant NEVER = Instant.parse("9999-12-31T00:00:00Z");

    /** @throws IllegalArgumentException with a sentence that says what to change */
    static ConsentDocument read(JsonDocument document, Instant now) {
        JsonValue consent = document.root();
        // Wherever they stand: one in an actor, or in what is contained, changes what is decided as much as one of the Consent.
        MODIFIERS.forEach(name -> require(consent.descendants(JsonName.of(name)).isEmpty(), name + " may change what the Consent means, and none is understood here: leave it out"));
        require("active".equals(consent.fieldText("status")), "status must be active: a decision is changed by writing the other one, provision.type deny or permit");
        require(hasCode(consent.field("scope"), "patient-privacy"), "scope must be patient-privacy: other consents are not kept here");
        JsonValue provision = consent.field("provision");
        require(provision != null, "provision is missing: it says what is decided");
        NARROWER.forEach(name -> require(provision.field(name) == null, "provision." + name + " would narrow the decision in a way that is not kept here: leave it out, or decide for everything"));
        for (JsonValue action : provision.each("action")) {
            require(hasCode(action, "disclose"), "provision.action must be disclose");
        }
        Decision decision = switch (String.valueOf(provision.fieldText("type"))) {
            case "permit" -> Decision.PERMIT;
            case "deny" -> Decision.DENY;
            default -> throw new IllegalArgumentException("provision.type must be permit or deny");
        };
        String recipient = recipient(provision);
        Kind kind = kind(consent, provision, recipient);
        boolean named = recipient != null && (kind == Kind.PROVIDER_ACCESS || kind == Kind.PAYER_TO_PAYER);
        require(!named, "a decision holds for all providers, or all other payers: an actor with role IRCP may have a display, but no reference and no identifier");
        Set<SensitiveCategory> categories = kind == Kind.PAYER_TO_PAYER ? given(consent, decision) : labels(provision);
        require(kind == Kind.SENSITIVE || kind == Kind.PAYER_TO_PAYER || categories.isEmpty(), "provision.securityLabel says what is held back, by a consent of its own without a profile");
        require(kind != Kind.SENSITIVE || decision == Decision.DENY, "with provision.securityLabel the type must be deny: it names what is held back");
        return new ConsentDocument(String.valueOf(reference(consent)), kind, kind == Kind.APP || kind == Kind.SENSITIVE && recipient != null ? recipient : "", decision, categories, until(provision, kind, now));
    }

    private static Kind kind(JsonValue consent, JsonValue provision, @Nullable String recipient) {
        JsonValue meta = consent.field("meta");
        Set<String> profiles = new HashSet<>();
        for (JsonValue profile : meta == null ? List.<JsonValue>of() : meta.each("profile")) {
            profiles.add(profile.text().split("\\|", 2)[0]);
        }
        require(!profiles.containsAll(Set.of(PROVIDERS, PAYERS)), "meta.profile must name one of pdex-provider-consent and hrex-consent: each is a decision of its own");
        if (profiles.contains(PROVIDERS) || profiles.contains(PAYERS)) {
            return profiles.contains(PROVIDERS) ? Kind.PROVIDER_ACCESS : Kind.PAYER_TO_PAYER;
        }
        if (provision.field("securityLabel") != null) {
            return Kind.SENSITIVE;
        }
        require(recipient != null, "say what is decided: meta.profile with " + PROVIDERS + " or " + PAYERS + ", provision.securityLabel for what is held back, or an app's client_id as the identifier of an actor with "
            + "role IRCP");
        return Kind.APP;
    }

    /** Whom the decision names beside the plan: null if nobody. */
    private static @Nullable String recipient(JsonValue provision) {
        String found = null;
        for (JsonValue actor : provision.each("actor")) {
            boolean source = hasCode(actor.field("role"), "performer");
            require(source || hasCode(actor.field("role"), "IRCP"), "the role of an actor must be performer (the plan) or IRCP");
            JsonValue who = actor.field("reference");
            JsonValue identifier = who == null ? null : who.field("identifier");
            String name = identifier != null ? identifier.fieldText("value") : who == null ? null : who.fieldText("reference");
            if (!source && name != null) {
                require(found == null && name.length() <= LONGEST_APP, "there may be one actor with role IRCP and an identifier, which is an app's client_id");
                found = name;
            }
        }
        return found;
    }

    private static Set<SensitiveCategory> labels(JsonValue provision) {
        List<String> labels = new ArrayList<>();
        for (JsonValue label : provision.each("securityLabel")) {
            labels.add(label.fieldText("system") + "|" + label.fieldText("code"));
        }
        Set<SensitiveCategory> named = EnumSet.noneOf(SensitiveCategory.class);
        for (SensitiveCategory category : SensitiveCategory.values()) {
            // One of a category's labels stands for all of them: it is held back as a whole.
            if (labels.removeAll(category.securityLabels())) {
                named.add(category);
            }
        }
        require(labels.isEmpty(), "provision.securityLabel may hold " + SensitiveCategory.securityLabels(List.of(SensitiveCategory.values())));
        return named;
    }

    private static Set<SensitiveCategory> given(JsonValue consent, Decision decision) {
        boolean all = false;
        for (JsonValue policy : consent.each("policy")) {
            String uri = String.valueOf(policy.fieldText("uri"));
            require(uri.endsWith(REGULAR) || uri.endsWith(EVERYTHING), "policy.uri must be one of HRex's: ...hrex-consent.html#regular or #sensitive");
            all |= uri.endsWith(EVERYTHING);
        }
        return all && decision == Decision.PERMIT ? EnumSet.allOf(SensitiveCategory.class) : Set.of();
    }

    private static @Nullable Instant until(JsonValue provision, Kind kind, Instant now) {
        JsonValue period = provision.field("period");
        if (period == null) {
            return null;
        }
        Instant start = instant(period.fieldText("start"), false);
        Instant end = instant(period.fieldText("end"), true);
        require(start == null || !start.isAfter(now.plusSeconds(300)), "provision.period.start must not be in the future: a decision holds at once");
        require(end == null || kind == Kind.PAYER_TO_PAYER, "only the sharing with other payers can be given an end (provision.period.end)");
        require(end == null || end.isAfter(now), "provision.period.end is over");
        return end == null || !end.isBefore(NEVER) ? null : end;
    }

    /** R4 datatypes, dateTime: the end of a day is that of the whole day. */
    private static @Nullable Instant instant(@Nullable String text, boolean end) {
        if (text == null) {
            return null;
        }
        try {
            return text.contains("T") ? OffsetDateTime.parse(text).toInstant() : LocalDate.parse(text).plusDays(end ? 1 : 0).atStartOfDay(ZoneOffset.UTC).toInstant();
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("provision.period needs full dates, as 2027-12-31");
        }
    }

    private static @Nullable String reference(JsonValue consent) {
        JsonValue patient = consent.field("patient");
        return patient == null ? null : patient.fieldText("reference");
    }

    private static boolean hasCode(@Nullable JsonValue concept, String code) {
        for (JsonValue coding : concept == null ? List.<JsonValue>of() : concept.each("coding")) {
            if (code.equals(coding.fieldText("code"))) {
                return true;
            }
        }
        return false;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
