package dev.portolan.compliance;

import dev.portolan.audit.AuditTrail;
import dev.portolan.audit.GroupCommitTrail;
import dev.portolan.audit.Retention;
import dev.portolan.audit.TrailKeeper;
import dev.portolan.audit.TrailReader;
import dev.portolan.audit.TrailReports;
import dev.portolan.audit.UnusualAccess;
import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.MenuEntry;
import dev.portolan.identity.account.ProtectedApi;
import dev.portolan.identity.account.ProtectedPages;
import dev.portolan.identity.app.Apps;
import dev.portolan.members.ReportingUnits;
import dev.portolan.members.consent.ConsentEngine;
import dev.portolan.members.merge.Merges;
import java.time.Clock;
import javax.sql.DataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** What the server imports. It needs a {@link DataSource} that may read the trail, the {@link GroupCommitTrail} itself, a {@link Retention}, a {@link TrailKeeper}, {@link ReportingUnits}, a {@link ConsentEngine} and {@link Merges}. */
@Configuration(proxyBeanMethods = false)
public class ComplianceConfiguration {

    /** Auditors read the trail and may do nothing else; administrators may too. */
    private static final Access AUDITORS = Access.staff("AUDITOR", "ADMIN");

    @Bean
    TrailReader trailReader(DataSource database, GroupCommitTrail trail) {
        return new TrailReader(trail.settled(database));
    }

    @Bean
    TrailReports trailReports(DataSource database, GroupCommitTrail trail) {
        return new TrailReports(trail.settled(database));
    }

    @Bean
    AuditApi auditApi(DataSource database, TrailReader reader, TrailReports reports, Merges merges, Retention retention, TrailKeeper keeper, GroupCommitTrail trail, Clock clock) {
        return new AuditApi(reader, reports, merges, new UnusualAccess(trail.settled(database), UnusualAccess.Thresholds.DEFAULT), retention, keeper, new AskedTrail(trail), clock);
    }

    @Bean
    AuditPages auditPages(TrailKeeper keeper, AuditApi api, Apps apps, Clock clock) {
        return new AuditPages(keeper, api, apps, clock);
    }

    @Bean
    MyAccess myAccess(TrailReports reports, Merges merges, Accounts accounts, Apps apps, ConsentEngine consents, Clock clock) {
        return new MyAccess(reports, merges, accounts, apps, consents, clock);
    }

    @Bean
    MyAccessApi myAccessApi(MyAccess access, AuditTrail trail) {
        return new MyAccessApi(access, new AskedTrail(trail));
    }

    @Bean
    MyAccessPage myAccessPage(MyAccess access, AuditTrail trail) {
        return new MyAccessPage(access, new AskedTrail(trail));
    }

    @Bean
    YearlyNumbers yearlyNumbers(TrailReports reports, ReportingUnits units, Merges merges, AuditTrail trail, Apps apps, Clock clock) {
        return new YearlyNumbers(reports, units, merges, new AskedTrail(trail), apps, clock);
    }

    @Bean
    YearlyUse yearlyUse(YearlyNumbers numbers) {
        return new YearlyUse(numbers);
    }

    @Bean
    YearlyUseApi yearlyUseApi(YearlyNumbers numbers) {
        return new YearlyUseApi(numbers);
    }

    @Bean
    ComplianceErrors complianceErrors() {
        return new ComplianceErrors();
    }

    @Bean
    ProtectedPages auditPagesForAuditors() {
        return ProtectedPages.of(AUDITORS, "/staff/audit/**");
    }

    @Bean
    ProtectedPages metricsForAuditors() {
        return ProtectedPages.of(AUDITORS, "/staff/metrics/**");
    }

    @Bean
    @Order(315)
    MenuEntry metricsMenuEntry() {
        return new MenuEntry("Yearly use", "/staff/metrics/patient-access", AUDITORS);
    }

    @Bean
    ProtectedApi auditApiForAuditors() {
        return ProtectedApi.of(AUDITORS, "/api/audit/**");
    }

    @Bean
    ProtectedPages myAccessForMembers() {
        return ProtectedPages.of(Access.MEMBER, "/my-access/**");
    }

    /** How the pages look is no secret. */
    @Bean
    ProtectedPages complianceStyle() {
        return ProtectedPages.of(Access.ANYONE, "/compliance/**");
    }

    @Bean
    ProtectedApi myAccessApiForMembers() {
        return ProtectedApi.of(Access.MEMBER, "/api/my-access/**");
    }

    @Bean
    @Order(310)
    MenuEntry auditMenuEntry() {
        return new MenuEntry("Audit", "/staff/audit", AUDITORS);
    }

    @Bean
    @Order(110)
    MenuEntry myAccessMenuEntry() {
        return new MenuEntry("Who saw my data", "/my-access", Access.MEMBER);
    }
}
