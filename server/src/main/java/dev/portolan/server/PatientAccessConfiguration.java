package dev.portolan.server;

import java.util.List;

import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

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
    ServletRegistrationBean<FhirServlet> patientAccessServlet(FhirBases bases, FhirServices services, PatientAccessPolicy policy) {
        FhirServices narrowed = new FhirServices(services.store(), services.cursors(), services.definitions(), services.searchParser(), services.structure(), services.validator(), services.terminology(), services.fhir(),
                services.packages(), policy.guard(services.grants()), services.rateLimiter(), services.audit());
        return RoomsConfiguration.servlet(bases.patientAccess(), narrowed, List.of(), List.of());
    }
}
