package dev.portolan.provideraccess;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.members.attribution.Attribution;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.attribution.MemberDirectory;
import dev.portolan.members.attribution.ProviderGroup;
import dev.portolan.members.consent.ConsentEngine;
import dev.portolan.members.consent.Exit;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.FhirOperation;
import dev.portolan.rest.OperationAnswer;
import dev.portolan.rest.OperationRequest;
import dev.portolan.rest.Problem;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code Group/$provider-member-match} (PDex 2.2): a provider names patients whom it treats, and attests that it does. Those whom the plan finds, and who did not opt out, become a Group of the provider's
 * from now on; the answer tells of the others why they did not.
 */
final class ProviderMemberMatch implements FhirOperation {

    private static final String MATCH_PARAMETERS = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/base-ext-match-parameters";
    private static final String PDEX = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/";
    private static final int MOST = 500;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Attributions attributions;
    private final MemberDirectory members;
    private final ConsentEngine consents;
    private final Duration lasting;
    private final Clock clock;

    /** @param lasting how long an attestation without an end holds */
    ProviderMemberMatch(Attributions attributions, MemberDirectory members, ConsentEngine consents, Duration lasting, Clock clock) {
        this.attributions = attributions;
        this.members = members;
        this.consents = consents;
        this.lasting = lasting;
        this.clock = clock;
    }

    @Override
    public String name() {
        return "$provider-member-match";
    }

    @Override
    public String definition() {
        return "http://hl7.org/fhir/us/davinci-pdex/OperationDefinition/ProviderMemberMatch";
    }

    @Override
    public Set<Level> levels() {
        return Set.of(Level.TYPE);
    }

    @Override
    public Set<String> types() {
        return Set.of("Group");
    }

    @Override
    public boolean affectsState() {
        return true;
    }

    /** One of the submitted. */
    private record Submitted(JsonValue patient, JsonValue coverage, JsonValue attestation) {}

    private record Matched(Submitted submitted, String patient, Instant ends) {}

    /** @param known Patient ids of members of whom the answer tells that they are some: those who are matched, and those who said no */
    private record Sorted(List<Matched> matched, List<Submitted> unmatched, List<Submitted> constrained, Set<String> known) {}

    @Override
    public OperationAnswer invoke(OperationRequest request) {
        String app = request.view().grant().app();
        if (!request.view().grant().allowsEvery("Group", Interaction.UPDATE)) {
            throw new FhirException(Problem.FORBIDDEN, name() + " needs the scope system/Group.rus");
        }
        List<ProviderGroup> own = attributions.groupsOf(app).stream().filter(group -> group.kind() == ProviderGroup.Kind.ATTRIBUTED).toList();
        if (own.isEmpty()) {
            throw new FhirException(Problem.FORBIDDEN, "this app acts for no provider that the plan knows: it is bound to no Group");
        }
        List<Submitted> submitted = submitted(Asked.of(request));
        Instant now = clock.instant();
        ProviderGroup organization = organization(own, submitted, now);
        if (!attributions.participates(organization.npi())) {
            throw new FhirException(Problem.FORBIDDEN, "the organization that attests is not in the plan's network");
        }
        Sorted sorted = sort(submitted, organization, app, now);
        ProviderGroup group = new ProviderGroup("match-" + UUID.randomUUID(), ProviderGroup.Kind.MATCHED, "Matched patients of " + organization.name(), organization.npi(), organization.tin(),
            organization.organization(), "", ProviderGroup.ListStatus.FINAL, now);
        List<Attribution> attested = attested(sorted);
        if (!attested.isEmpty()) {
            // A list of nobody is told of, and not kept: each request would leave one for ever.
            attributions.keep(group);
            attributions.add(group.id(), attested, new Attributions.Origin(app, "provider-member-match"));
            attributions.bind(app, group.id(), app);
        }
        List<String> patients = sorted.matched().stream().map(Matched::patient).distinct().toList();
        return OperationAnswer.resource(200, answer(group, sorted, patients)).recorded(name(), List.of("Group"), "Group/" + group.id(), 1, List.copyOf(sorted.known()));
    }

    /** Each patient once, for as long as the longest of the attestations about the patient. */
    private static List<Attribution> attested(Sorted sorted) {
        Map<String, Attribution> byPatient = new LinkedHashMap<>();
        sorted.matched().forEach(match -> byPatient.merge(match.patient(), new Attribution(match.patient(), "", "", null, match.ends()),
            (one, other) -> one.ends() == null || other.ends() != null && one.ends().isAfter(other.ends()) ? one : other));
        return List.copyOf(byPatient.values());
    }

    private List<Submitted> submitted(Asked asked) {
        List<Submitted> all = new ArrayList<>();
        for (JsonValue bundle : asked.all("MemberBundle")) {
            JsonValue patient = part(bundle, "MemberPatient", "Patient");
            JsonValue coverage = part(bundle, "CoverageToMatch", "Coverage");
            JsonValue attestation = part(bundle, "Consent", "Consent");
            all.add(new Submitted(patient, coverage, attestation));
        }
        if (all.isEmpty()) {
            throw new FhirException(Problem.MISSING_PARAMETER, name() + " takes a MemberBundle for each patient, with MemberPatient, CoverageToMatch and Consent");
        }
        if (all.size() > MOST) {
            throw new FhirException(Problem.TOO_COSTLY, name() + " takes up to " + MOST + " patients at once");
        }
        return all;
    }

    private static JsonValue part(JsonValue bundle, String name, String type) {
        JsonValue parts = bundle.field("part");
        if (parts != null) {
            for (JsonValue part : parts.each()) {
                JsonValue resource = part.field("resource");
                if (name.equals(part.fieldText("name")) && resource != null && type.equals(resource.fieldText("resourceType"))) {
                    return resource;
                }
            }
        }
        throw new FhirException(Problem.MISSING_PARAMETER, "a MemberBundle lacks the part " + name + " with a " + type);
    }

    /** The organization that attests: one of the app's own, the same for all of a request. */
    private static ProviderGroup organization(List<ProviderGroup> own, List<Submitted> submitted, Instant now) {
        Set<String> named = submitted.stream().flatMap(each -> Attestation.npis(each.attestation()).stream()).collect(Collectors.toCollection(TreeSet::new));
        return own.stream().filter(group -> named.contains(group.npi())).findFirst()
            .orElseThrow(() -> new FhirException(Problem.FORBIDDEN, "no attestation names an organization (Consent.organization.identifier, an NPI) that this app acts for"));
    }

    private Sorted sort(List<Submitted> submitted, ProviderGroup organization, String app, Instant now) {
        Sorted sorted = new Sorted(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new TreeSet<>());
        for (Submitted each : submitted) {
            Optional<Instant> ends = Attestation.ends(each.attestation(), each.patient().fieldText("id"), organization.npi(), now, lasting);
            Optional<String> patient = ends.isEmpty() ? Optional.empty() : members.match(each.patient(), each.coverage());
            patient.ifPresent(sorted.known()::add);
            if (patient.isEmpty()) {
                sorted.unmatched().add(each);
            } else if (consents.decide(new Exit(Exit.Api.PROVIDER_ACCESS, Purpose.TREATMENT, app, null, Set.of(), now), patient.get()).allowed()) {
                sorted.matched().add(new Matched(each, patient.get(), ends.get()));
            } else {
                sorted.constrained().add(each);
            }
        }
        return sorted;
    }

    private byte[] answer(ProviderGroup group, Sorted sorted, List<String> patients) {
        ObjectNode json = JSON.createObjectNode().put("resourceType", "Parameters");
        json.putObject("meta").putArray("profile").add(PDEX + "provider-parameters-multi-member-match-bundle-out");
        ArrayNode parameters = json.putArray("parameter");
        try {
            ObjectNode matched = (ObjectNode) JSON.readTree(GroupResource.of(group, List.of(), patients.size(), 0));
            ArrayNode contained = JSON.createArrayNode();
            ArrayNode entries = JSON.createArrayNode();
            for (Matched match : sorted.matched()) {
                ObjectNode entity = entries.addObject().putObject("entity").put("reference", "Patient/" + match.patient());
                entity.putArray("extension").addObject().put("url", MATCH_PARAMETERS).putObject("valueReference").put("reference", contain(contained, match.submitted()));
            }
            set(matched, contained, entries);
            parameters.addObject().put("name", "MatchedMembers").set("resource", matched);
            others(parameters, "NonMatchedMembers", "nomatch", "Not Matched", group, sorted.unmatched());
            others(parameters, "ConsentConstrainedMembers", "consentconstraint", "Consent Constraint", group, sorted.constrained());
            return JSON.writeValueAsBytes(json);
        } catch (java.io.IOException e) {
            throw new IllegalStateException("JSON of our own cannot be read", e);
        }
    }

    private static void set(ObjectNode group, ArrayNode contained, ArrayNode members) {
        if (!contained.isEmpty()) {
            group.set("contained", contained);
            group.set("member", members);
        }
    }

    /** Those who are no members of a Group that can be exported: they are named as they were submitted, and not kept. */
    private static void others(ArrayNode parameters, String name, String code, String display, ProviderGroup matched, List<Submitted> submitted) throws JsonProcessingException {
        if (submitted.isEmpty()) {
            return;
        }
        ObjectNode group = JSON.createObjectNode().put("resourceType", "Group").put("id", code + "-" + matched.id().substring("match-".length()));
        group.putObject("meta").putArray("profile").add(PDEX + "pdex-provider-member-no-match");
        group.put("active", true).put("type", "person").put("actual", true).put("quantity", submitted.size());
        group.putObject("code").putArray("coding").addObject().put("system", GroupResource.MATCH_RESULT).put("code", code).put("display", display);
        group.putObject("managingEntity").putObject("identifier").put("system", GroupResource.NPI).put("value", matched.npi());
        ArrayNode contained = JSON.createArrayNode();
        ArrayNode entries = JSON.createArrayNode();
        for (Submitted each : submitted) {
            String reference = contain(contained, each);
            ObjectNode entity = entries.addObject().putObject("entity").put("reference", reference);
            entity.putArray("extension").addObject().put("url", MATCH_PARAMETERS).putObject("valueReference").put("reference", reference);
        }
        set(group, contained, entries);
        parameters.addObject().put("name", name).set("resource", group);
    }

    private static String contain(ArrayNode contained, Submitted submitted) throws JsonProcessingException {
        ObjectNode patient = (ObjectNode) JSON.readTree(submitted.patient().toJson());
        patient.remove(List.of("meta", "text", "contained"));
        String id = "submitted-" + (contained.size() + 1);
        patient.put("id", id);
        contained.add(patient);
        return "#" + id;
    }
}
