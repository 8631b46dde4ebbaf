package dev.portolan.server;

import java.time.Clock;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.MenuEntry;
import dev.portolan.identity.account.MovedSignIns;
import dev.portolan.identity.account.ProtectedApi;
import dev.portolan.identity.account.ProtectedPages;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.members.MemberRecords;
import dev.portolan.jobs.Jobs;
import dev.portolan.members.MembersSchema;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.merge.DuplicateSearch;
import dev.portolan.members.merge.Duplicates;
import dev.portolan.members.merge.MergeApi;
import dev.portolan.members.merge.MergeDesk;
import dev.portolan.members.merge.MergePages;
import dev.portolan.members.merge.Merges;
import dev.portolan.server.database.Databases;
import dev.portolan.store.RecordDatabase;

/** Members who may be one person: a queue for staff, merges and their undoing. */
@Configuration(proxyBeanMethods = false)
class MergeConfiguration {

    private static final Access STAFF = Access.staff("ADMIN");

    @Bean
    Duplicates duplicates(Databases databases, MembersSchema schema) {
        return new Duplicates(databases.pool(), schema, Clock.systemUTC());
    }

    @Bean
    DuplicateSearch duplicateSearch(RecordDatabase records, Databases databases, MembersSchema schema, Duplicates duplicates) {
        return new DuplicateSearch(records, databases.pool(), schema, duplicates);
    }

    @Bean
    DuplicateRounds duplicateRounds(DuplicateSearch search, Jobs jobs) {
        return new DuplicateRounds(search, jobs);
    }

    @Bean
    Merges merges(Databases databases, MembersSchema schema, RecordDatabase records, Attributions attributions, Duplicates duplicates, MovedSignIns signIns, SecurityEvents events) {
        return new Merges(databases.pool(), schema, records, attributions, duplicates, signIns, events, Clock.systemUTC());
    }

    @Bean
    MergeDesk mergeDesk(Duplicates duplicates, DuplicateSearch search, Merges merges, MemberRecords records, MovedSignIns signIns, SecurityEvents events) {
        return new MergeDesk(duplicates, search, merges, records, signIns, events);
    }

    @Bean
    MergeApi mergeApi(MergeDesk desk) {
        return new MergeApi(desk);
    }

    @Bean
    MergePages mergePages(MergeDesk desk) {
        return new MergePages(desk);
    }

    @Bean
    ProtectedApi mergeApiForStaff() {
        return ProtectedApi.of(STAFF, "/api/duplicates/**", "/api/member-merges/**");
    }

    @Bean
    ProtectedPages mergePagesForStaff() {
        return ProtectedPages.of(STAFF, "/staff/duplicates/**");
    }

    @Bean
    @Order(330)
    MenuEntry duplicatesMenuEntry() {
        return new MenuEntry("Duplicates", "/staff/duplicates", STAFF);
    }
}
