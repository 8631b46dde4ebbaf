package dev.portolan.provideraccess;

import dev.portolan.members.attribution.Attribution;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.attribution.MemberDirectory;
import dev.portolan.members.attribution.ProviderGroup;
import dev.portolan.members.attribution.ProviderGroup.ListStatus;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.FhirOperation;
import dev.portolan.rest.OperationAnswer;
import dev.portolan.rest.OperationRequest;
import dev.portolan.rest.Problem;
import dev.portolan.store.Interaction;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a provider does with its list (Da Vinci ATR 2.1): adds and removes a member, asks about one, and says that the list is right, after which it is final. */
final class ListOperation implements FhirOperation {

    private enum Kind {
        MEMBER_ADD,
        MEMBER_REMOVE,
        ATTRIBUTION_STATUS,
        CONFIRM_ATTRIBUTION_LIST;

        String code() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private final Kind kind;
    private final Attributions attributions;
    private final MemberDirectory members;
    private final boolean changes;
    private final Clock clock;

    private ListOperation(Kind kind, Attributions attributions, MemberDirectory members, boolean changes, Clock clock) {
        this.kind = kind;
        this.attributions = attributions;
        this.members = members;
        this.changes = changes;
        this.clock = clock;
    }

    /** @param changes whether the plan lets providers change their lists: who is on a list can be read */
    static List<FhirOperation> all(Attributions attributions, MemberDirectory members, boolean changes, Clock clock) {
        return java.util.Arrays.stream(Kind.values()).<FhirOperation>map(kind -> new ListOperation(kind, attributions, members, changes, clock)).toList();
    }

    @Override
    public String name() {
        return "$" + kind.code();
    }

    @Override
    public String definition() {
        return "http://hl7.org/fhir/us/davinci-atr/OperationDefinition/" + kind.code();
    }

    @Override
    public Set<Level> levels() {
        return Set.of(Level.INSTANCE);
    }

    @Override
    public Set<String> types() {
        return Set.of("Group");
    }

    @Override
    public boolean affectsState() {
        return true;
    }

    @Override
    public OperationAnswer invoke(OperationRequest request) {
        String app = request.view().grant().app();
        ProviderGroup group = ProviderExports.group(attributions, request.view().grant(), request.id()).orElseThrow(() -> new FhirException(Problem.NOT_FOUND, "there is no such Group for this access"));
        Interaction needed = kind == Kind.ATTRIBUTION_STATUS ? Interaction.READ : Interaction.UPDATE;
        if (!request.view().grant().allowsEvery("Group", needed)) {
            throw new FhirException(Problem.FORBIDDEN, name() + " needs a scope such as system/Group." + (needed == Interaction.READ ? "rs" : "rus"));
        }
        Asked asked = Asked.of(request);
        Attributions.Origin origin = new Attributions.Origin(app, kind.code());
        return switch (kind) {
            case MEMBER_ADD -> add(group, asked, origin);
            case MEMBER_REMOVE -> remove(group, asked, origin);
            case ATTRIBUTION_STATUS -> status(group, app, asked);
            case CONFIRM_ATTRIBUTION_LIST -> {
                changeable(group);
                attributions.status(group.id(), ListStatus.FINAL);
                yield done("The list is final.", group, List.of());
            }
        };
    }

    private void changeable(ProviderGroup group) {
        if (!changes || group.kind() != ProviderGroup.Kind.ATTRIBUTED) {
            throw new FhirException(Problem.FORBIDDEN, "this plan's lists follow from its roster alone: tell the plan whom it lacks, or use Group/$provider-member-match");
        }
        if (group.status() == ListStatus.FINAL) {
            throw new FhirException(Problem.UNPROCESSABLE, "this list is final: it is not changed any more");
        }
    }

    private OperationAnswer add(ProviderGroup group, Asked asked, Attributions.Origin origin) {
        changeable(group);
        String patient = patient(asked, false);
        String provider = provider(asked);
        if (provider == null) {
            throw new FhirException(Problem.MISSING_PARAMETER, name() + " takes memberId with providerNpi, or patientReference with providerReference");
        }
        Instant start = asked.start("attributionPeriod");
        Instant end = asked.end("attributionPeriod");
        if (start != null && end != null && !end.isAfter(start)) {
            throw new FhirException(Problem.BAD_PARAMETER, "attributionPeriod ends after it starts");
        }
        if (start == null && end != null && !end.isAfter(clock.instant())) {
            throw new FhirException(Problem.BAD_PARAMETER, "attributionPeriod is over: it needs a start, if it is for the record");
        }
        attributions.add(group.id(), new Attribution(patient, provider, "", start, end), origin);
        return done("The member is on the list.", group, List.of(patient));
    }

    private OperationAnswer remove(ProviderGroup group, Asked asked, Attributions.Origin origin) {
        changeable(group);
        String patient = patient(asked, true);
        Attributions.Changes changed = attributions.remove(group.id(), patient, provider(asked), origin);
        if (changed.dropped() == 0) {
            throw new FhirException(Problem.UNPROCESSABLE, "the list has no such member");
        }
        return done("The member is no longer on the list.", group, List.of(patient));
    }

    /** The list with this member alone. */
    private OperationAnswer status(ProviderGroup group, String app, Asked asked) {
        String patient = patient(asked, true);
        List<Attribution.Listed> listed = attributions.listed(group.id(), app).stream().filter(member -> member.attribution().patient().equals(patient)).toList();
        if (listed.isEmpty()) {
            throw new FhirException(Problem.UNPROCESSABLE, "the list has no such member");
        }
        return OperationAnswer.resource(200, GroupResource.of(group, listed, 1, 0)).recorded(name(), List.of("Group"), "Group/" + group.id(), 1, List.of(patient));
    }

    private OperationAnswer done(String text, ProviderGroup group, List<String> patients) {
        return OperationAnswer.remark(200, text).recorded(name(), List.of("Group"), "Group/" + group.id(), 0, patients);
    }

    /** @param onList whoever is not on the list is told nothing about anybody: the answer is the same for those whom there is not */
    private String patient(Asked asked, boolean onList) {
        String id = asked.reference("patientReference", "Patient");
        if (id != null && (onList || members.exists(id))) {
            return id;
        }
        String identifier = asked.identifier("memberId");
        if (id == null && identifier == null) {
            throw new FhirException(Problem.MISSING_PARAMETER, name() + " takes memberId or patientReference");
        }
        String found = identifier == null ? null : members.find(List.of(identifier)).get(identifier);
        if (found == null) {
            throw new FhirException(Problem.UNPROCESSABLE, onList ? "the list has no such member" : "the plan knows no such member");
        }
        return found;
    }

    /** The NPI of the provider that is named, by it or by a reference; null if none is named. One that is not known is refused: nobody means every provider. */
    private @Nullable String provider(Asked asked) {
        String npi = asked.identifier("providerNpi");
        if (npi != null) {
            String value = npi.substring(npi.indexOf('|') + 1);
            if (!Npi.isValid(value)) {
                throw new FhirException(Problem.BAD_PARAMETER, "providerNpi is an NPI: ten digits, the last of which checks the others");
            }
            return value;
        }
        if (asked.all("providerNpi").isEmpty() && asked.all("providerReference").isEmpty()) {
            return null;
        }
        for (String type : List.of("Practitioner", "Organization")) {
            String id = asked.referenceIfOf("providerReference", type);
            if (id != null) {
                return members.npi(type, id).filter(Npi::isValid).orElseThrow(() -> new FhirException(Problem.UNPROCESSABLE, "the plan knows no NPI of this provider: name it by providerNpi"));
            }
        }
        throw new FhirException(Problem.BAD_PARAMETER, "providerNpi is an identifier, and providerReference a reference such as Practitioner/123 or Organization/123");
    }
}
