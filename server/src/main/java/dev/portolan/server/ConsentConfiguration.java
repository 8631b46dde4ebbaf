package dev.portolan.server;

import java.sql.SQLException;
import java.time.Clock;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.IdentitySchema;
import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.AccountPatientDirectory;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.MenuEntry;
import dev.portolan.identity.account.PatientDirectory;
import dev.portolan.identity.account.ProtectedApi;
import dev.portolan.identity.account.ProtectedPages;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.members.MembersSchema;
import dev.portolan.members.RecordPatientDirectory;
import dev.portolan.members.consent.AppConsents;
import dev.portolan.members.consent.ConsentApi;
import dev.portolan.members.consent.ConsentCentre;
import dev.portolan.members.consent.ConsentEngine;
import dev.portolan.members.consent.ConsentPolicy;
import dev.portolan.members.consent.ConsentRequests;
import dev.portolan.members.consent.ConsentedGrants;
import dev.portolan.members.consent.PreferenceRecord;
import dev.portolan.members.consent.Preferences;
import dev.portolan.members.consent.SensitiveCodes;
import dev.portolan.members.notice.MemberLanguages;
import dev.portolan.members.notice.MemberNotices;
import dev.portolan.members.notice.NoticeApi;
import dev.portolan.server.database.Databases;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.Labelling;
import dev.portolan.store.Purpose;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordDatabase;
import dev.portolan.store.RecordStore;
import dev.portolan.store.ResourceKey;

/** What members decided: asked at every exit, changed on a page and by an API, and labels for what is sensitive. */
@Configuration(proxyBeanMethods = false)
class ConsentConfiguration {

    private static final Grant BIRTH_DATES = new Grant("members", "portolan", null, Purpose.OPERATIONS, new Grant.Members.Everyone(),
            Map.of("Patient", new Grant.Rule(EnumSet.of(Interaction.READ), List.of())), Set.of(), Set.of());

    @Bean
    MembersSchema membersSchema(Databases databases, IdentitySchema before) throws SQLException {
        try (var owner = databases.ownerPool()) {
            return MembersSchema.migrate(owner, databases.role());
        }
    }

    @Bean
    Labelling labelling(Settings settings) {
        Settings.Consent consent = settings.consent();
        return !consent.labelling() ? Labelling.NONE : consent.sensitiveCodes() == null ? SensitiveCodes.ours() : SensitiveCodes.of(consent.sensitiveCodes());
    }

    @Bean
    Preferences preferences(Databases databases, MembersSchema schema, RecordDatabase records, IdentityProperties identity, SecurityEvents events) {
        return new Preferences(databases.pool(), schema, new PreferenceRecord(records.records(), identity.brand().name()), events, Clock.systemUTC());
    }

    @Bean
    ConsentPolicy consentPolicy(Settings settings) {
        Settings.Consent consent = settings.consent();
        return new ConsentPolicy(ConsentPolicy.DEFAULT.withheld(), consent.majority(), consent.minorPrivacy());
    }

    @Bean
    ConsentEngine consentEngine(Preferences preferences, ConsentPolicy policy, RecordDatabase records) {
        RecordStore store = records.records();
        return new ConsentEngine(preferences, policy, patient -> birthDate(store, patient));
    }

    private static @Nullable LocalDate birthDate(RecordStore store, String patient) {
        if (!(store.open(BIRTH_DATES).read(new ResourceKey("Patient", patient)) instanceof ReadResult.Found found)) {
            return null;
        }
        String born = JsonDocument.parse(found.resource().content().json()).root().fieldText("birthDate");
        try {
            return born == null ? null : LocalDate.parse(born);
        } catch (DateTimeParseException onlyYearOrMonth) {
            return null;
        }
    }

    @Bean
    ConsentedGrants consentedGrants(ConsentEngine engine) {
        return new ConsentedGrants(engine, Clock.systemUTC());
    }

    /** Before staff look for anybody they are offered those who have an account: in a sandbox, the members that can be tried. */
    @Bean
    PatientDirectory membersForStaff(RecordDatabase records, Definitions definitions, PackageTerminology terminology, IdentityDatabase accounts) {
        var parser = definitions.search().parser(terminology, SearchBounds.DEFAULT, Clock.systemUTC());
        return new RecordPatientDirectory(records.records(), parser, new AccountPatientDirectory(accounts));
    }

    @Bean
    ConsentRequests consentRequests(Preferences preferences, Accounts accounts, PatientDirectory patients, SecurityEvents events) {
        return new ConsentRequests(preferences, accounts, patients, events);
    }

    @Bean
    AppConsents appConsents(Preferences preferences, ConsentRequests requests, Accounts accounts) {
        return new AppConsents(preferences, requests, accounts, Clock.systemUTC());
    }

    @Bean
    MemberNotices memberNotices(Databases databases, MembersSchema schema, Preferences preferences, IdentityProperties identity) {
        return new MemberNotices(databases.pool(), schema, preferences, identity.brand().name(), identity.url("/my-consents"), Clock.systemUTC());
    }

    @Bean
    NoticeApi noticeApi(MemberNotices notices, RecordDatabase records, SecurityEvents events) {
        return new NoticeApi(notices, new MemberLanguages(records.records()), events, Clock.systemUTC());
    }

    @Bean
    ProtectedApi noticeApiForStaff() {
        return ProtectedApi.of(Access.staff(ConsentRequests.CALL_CENTRE), "/api/notices/**");
    }

    @Bean
    ConsentApi consentApi(ConsentRequests requests) {
        return new ConsentApi(requests);
    }

    @Bean
    ConsentCentre consentCentre(ConsentRequests requests, MemberNotices notices) {
        return new ConsentCentre(requests, notices);
    }

    @Bean
    ProtectedPages consentPages() {
        return ProtectedPages.of(Access.MEMBER, "/my-consents/**");
    }

    @Bean
    ProtectedApi consentApiForPeople() {
        Access staff = Access.staff(ConsentRequests.CALL_CENTRE);
        return ProtectedApi.of(account -> Access.MEMBER.admits(account) || staff.admits(account), "/api/consents/**");
    }

    @Bean
    @Order(110)
    MenuEntry consentMenuEntry() {
        return new MenuEntry("Who gets my data", "/my-consents", Access.MEMBER);
    }
}
