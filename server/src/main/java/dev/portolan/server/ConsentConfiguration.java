package dev.portolan.server;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;

import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.IdentitySchema;
import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.AccountPatientDirectory;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.Guardianship;
import dev.portolan.identity.account.MenuEntry;
import dev.portolan.identity.account.PatientDirectory;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.account.ProtectedApi;
import dev.portolan.identity.account.ProtectedPages;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.members.MemberRecords;
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
import dev.portolan.store.Labelling;
import dev.portolan.store.RecordDatabase;

/** What members decided: asked at every exit, changed on a page and by an API, and labels for what is sensitive. */
@Configuration(proxyBeanMethods = false)
class ConsentConfiguration {

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
        return new Preferences(databases.pool(), schema, new PreferenceRecord(records, identity.brand().name()), events, Clock.systemUTC());
    }

    @Bean
    ConsentPolicy consentPolicy(Settings settings) {
        Settings.Consent consent = settings.consent();
        return new ConsentPolicy(ConsentPolicy.DEFAULT.withheld(), consent.majority(), consent.minorPrivacy());
    }

    /** Used by this room alone, to tell who is meant. */
    @Bean
    MemberRecords memberRecords(RecordDatabase records, Definitions definitions, PackageTerminology terminology) {
        return new MemberRecords(records.records(), definitions.search().parser(terminology, SearchBounds.DEFAULT, Clock.systemUTC()));
    }

    @Bean
    ConsentEngine consentEngine(Preferences preferences, ConsentPolicy policy, MemberRecords records) {
        return new ConsentEngine(preferences, policy, patient -> records.patient(patient).map(ConsentConfiguration::birthDate).orElse(null));
    }

    @Bean
    Guardianship minors(ConsentEngine engine) {
        return (relation, patient) -> engine.actsFor(relation, patient, Instant.now());
    }

    private static @Nullable LocalDate birthDate(JsonValue patient) {
        String born = patient.fieldText("birthDate");
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
    PatientDirectory membersForStaff(MemberRecords records, IdentityDatabase accounts) {
        return new RecordPatientDirectory(records, new AccountPatientDirectory(accounts));
    }

    @Bean
    ConsentRequests consentRequests(Preferences preferences, ConsentEngine engine, Accounts accounts, PatientDirectory patients, Apps apps, SecurityEvents events) {
        return new ConsentRequests(preferences, engine, accounts, patients, apps, events, Clock.systemUTC());
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
    NoticeApi noticeApi(MemberNotices notices, MemberRecords records, SecurityEvents events) {
        return new NoticeApi(notices, new MemberLanguages(records), events, Clock.systemUTC());
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
