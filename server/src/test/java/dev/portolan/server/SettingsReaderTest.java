package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.members.ReportingUnit;
import dev.portolan.server.command.CommandLineFailure;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

class SettingsReaderTest {

    private static Settings read(String name, String value) {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("test", Map.of(name, value)));
        return SettingsReader.read(environment);
    }

    @Test
    void pac34_a_reporting_unit_is_read_where_it_is_set_and_has_a_usual_value() {
        assertThat(read("portolan.port", "1234").patientAccess().reportingUnit()).isEqualTo(new ReportingUnit.ClassOf("plan"));
        assertThat(read("portolan.patient-access.reporting-unit", "payor").patientAccess().reportingUnit()).isEqualTo(new ReportingUnit.Payor());
    }

    /** Once by its name, and with what it may be. */
    @ParameterizedTest
    @CsvSource({
        "portolan.patient-access.reporting-unit, network:1, portolan.patient-access.reporting-unit (PORTOLAN_PATIENT_ACCESS_REPORTING_UNIT): a reporting unit stands in class:TYPE",
        "portolan.port, many, portolan.port (PORTOLAN_PORT): ",
        "portolan.port, 70000, portolan.port must be 0 to 65535",
        "portolan.no-such, x, The elements [portolan.no-such] were left unbound",
    })
    void whoever_typed_the_command_is_told_which_setting_is_wrong(String name, String value, String told) {
        assertThatThrownBy(() -> read(name, value)).isInstanceOf(SettingRefused.class).satisfies(refused -> assertThat(CommandLineFailure.sentence(refused)).startsWith(told));
    }
}
