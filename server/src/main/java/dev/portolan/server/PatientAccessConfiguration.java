package dev.portolan.server;

import java.util.List;

import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.portolan.members.MemberRecords;
import dev.portolan.members.ReportingUnits;
import dev.portolan.members.consent.AppConsents;
import dev.portolan.patientaccess.PatientAccessPolicy;
import dev.portolan.rest.FhirServices;
import dev.portolan.rest.FhirServlet;

/** The Patient Access API: its base, behind grants that its policy narrows. */
@Configuration(proxyBeanMethods = false)
class PatientAccessConfiguration {

    @Bean
    PatientAccessPolicy patientAccessPolicy(Settings settings) {
        return new PatientAccessPolicy(settings.patientAccess().showDrugAuthorizations());
    }

    @Bean
    ReportingUnits reportingUnits(MemberRecords records, Settings settings) {
        return new ReportingUnits(records, settings.patientAccess().reportingUnit());
    }

    @Bean
    ServletRegistrationBean<FhirServlet> patientAccessServlet(FhirBases bases, FhirServices services, PatientAccessPolicy policy, AppConsents consents) {
        return RoomsConfiguration.servlet(bases.patientAccess(), services.with(policy.guard(services.grants())), List.of(), List.of(), List.of(new ConsentWriter(consents)));
    }
}
