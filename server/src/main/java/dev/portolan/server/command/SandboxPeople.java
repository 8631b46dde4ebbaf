package dev.portolan.server.command;

import dev.portolan.provideraccess.ProviderAccessApi;
import dev.portolan.sandbox.SandboxAccess;
import dev.portolan.sandbox.SandboxAccess.SampleApp;
import dev.portolan.sandbox.SandboxAccess.SignIn;
import dev.portolan.sandbox.personas.Persona;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everybody who may sign in to a sandbox, and the apps that they may use. */
record SandboxPeople(List<SignedMember> members, @Nullable Representation representation, SignIn staff, SignIn developer, List<SampleApp> apps, SandboxProvider provider) {

    /** Who the member of staff is in FHIR. */
    static final String CARE_MANAGER = "Practitioner/care-manager";

    private static final int MAJORITY = 18;

    /** @param password null if the account was made with another data directory */
    record SignedMember(String name, String id, String user, @Nullable String password) {}

    /** One member who acts for another. */
    record Representation(String user, String name, String id, String relation, String until) {}

    /**
     * @param personas the named members, if they are loaded: the first of them looks after Leo
     * @param listed the synthetic ones; if the youngest of them is a minor, the youngest adult who has an account looks after that one
     */
    static SandboxPeople of(SandboxAccess access, ProviderAccessApi providers, List<Persona> personas, SandboxMembers.Listed listed) {
        List<SignedMember> signed = new ArrayList<>();
        for (Persona persona : personas) {
            SignIn account = access.member(persona.name(), persona.id());
            signed.add(new SignedMember(persona.name(), persona.id(), account.user(), account.password()));
        }
        if (!personas.isEmpty()) {
            access.represent(signed.get(0).user(), "leo-okafor", "Leo Okafor", "parent", "RelatedPerson/leo-mother", Instant.parse("2041-03-02T00:00:00Z"));
        }
        int named = signed.size();
        for (SandboxMembers.Member member : listed.members()) {
            SignIn account = access.member(member.name(), member.id());
            signed.add(new SignedMember(member.name(), member.id(), account.user(), account.password()));
        }
        SignIn staff = access.staff(CARE_MANAGER);
        SignIn developer = access.developer();
        SandboxProvider provider = SandboxProvider.of(access, providers, signed.stream().map(SignedMember::id).toList());
        return new SandboxPeople(List.copyOf(signed), represented(access, listed.members(), signed.subList(named, signed.size()), listed.youngest()), staff, developer, access.sampleApps(), provider);
    }

    private static @Nullable Representation represented(SandboxAccess access, List<SandboxMembers.Member> members, List<SignedMember> signed,
            List<SandboxMembers.Member> youngest) {
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        // Oldest first, so the last adult is the youngest.
        int adults = (int) members.stream().filter(member -> !member.birthDate().plusYears(MAJORITY).isAfter(today)).count();
        if (adults == 0 || youngest.isEmpty() || !youngest.get(0).birthDate().plusYears(MAJORITY).isAfter(today)) {
            return null;
        }
        SandboxMembers.Member minor = youngest.get(0);
        SignedMember adult = signed.get(adults - 1);
        LocalDate until = minor.birthDate().plusYears(MAJORITY);
        access.represent(adult.user(), minor.id(), minor.name(), "parent", null, until.atStartOfDay(ZoneOffset.UTC).toInstant());
        return new Representation(adult.user(), minor.name(), minor.id(), "parent", until.toString());
    }
}
