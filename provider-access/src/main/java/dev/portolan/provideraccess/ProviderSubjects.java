package dev.portolan.provideraccess;

import dev.portolan.identity.udap.NamedSubjects;
import dev.portolan.identity.udap.UdapClients;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.attribution.ProviderGroup;
import java.util.List;
import java.util.Optional;

/**
 * Whom a provider's app may name when it asks for a token as UDAP's business-to-business apps do (PDex 2.1, Provider Access API: {@code subject_id} is the NPI or the Group): an organization whose list the
 * plan bound to it, and treatment as the purpose. What it then reaches is what is bound to it, whatever it names.
 */
public final class ProviderSubjects implements NamedSubjects {

    private static final List<String> NPI_SYSTEMS = List.of("urn:oid:2.16.840.1.113883.4.6#", "http://hl7.org/fhir/sid/us-npi|", "http://hl7.org/fhir/sid/us-npi#");
    private static final String GROUP = "Group/";
    private static final String TREATMENT = "TREAT";

    private final Attributions attributions;

    public ProviderSubjects(Attributions attributions) {
        this.attributions = attributions;
    }

    /** An app without a list is no provider's: it reaches nobody at this API, and what else it may is not said here. */
    @Override
    public Optional<String> refusal(String clientId, UdapClients.Context context) {
        List<ProviderGroup> bound = attributions.groupsOf(clientId);
        if (bound.isEmpty()) {
            return Optional.empty();
        }
        String subject = context.more().get("subject");
        if (subject != null && bound.stream().noneMatch(group -> group.npi().equals(withoutSystem(subject)) || group.id().equals(subject) || (GROUP + group.id()).equals(subject))) {
            return Optional.of("hl7-b2b.subject_id is neither the NPI nor the Group of an organization whose list is bound to this app");
        }
        if (context.purposes().stream().noneMatch(purpose -> purpose.equals(TREATMENT) || purpose.endsWith("#" + TREATMENT) || purpose.endsWith("|" + TREATMENT))) {
            return Optional.of("hl7-b2b.purpose_of_use has to name treatment (TREAT): patients' lists are for that");
        }
        return Optional.empty();
    }

    private static String withoutSystem(String subject) {
        return NPI_SYSTEMS.stream().filter(subject::startsWith).findFirst().map(system -> subject.substring(system.length())).orElse(subject);
    }
}
