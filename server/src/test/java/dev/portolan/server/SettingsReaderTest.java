package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.identity.IdentityProperties;
import dev.portolan.members.ReportingUnit;
import dev.portolan.server.command.CommandLineFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
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
        "portolan.bind, '', portolan.bind (PORTOLAN_BIND) is empty",
        "portolan.port, 70000, portolan.port must be 0 to 65535",
        "portolan.no-such, x, The elements [portolan.no-such] were left unbound",
    })
    void whoever_typed_the_command_is_told_which_setting_is_wrong(String name, String value, String told) {
        assertThatThrownBy(() -> read(name, value)).isInstanceOf(SettingRefused.class).satisfies(refused -> assertThat(CommandLineFailure.sentence(refused)).startsWith(told));
    }

    /** A variable of another program, as SERVER_ADDRESS=0.0.0.0, opened every address without TLS. */
    @Test
    void attack_what_is_listened_on_is_what_was_checked_whatever_names_the_web_server_has_for_it() {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("test", Map.of("portolan.port", "1234", "server.port", "9999", "server.address", "0.0.0.0")));
        SettingsReader.read(environment);
        assertThat(environment.getProperty("server.port")).isEqualTo("1234");
        assertThat(environment.getProperty("server.address")).isEqualTo("127.0.0.1");
    }

    /** A script that leaves one empty would run a sandbox, and keep data in another place than was meant. */
    @ParameterizedTest
    @ValueSource(strings = {"PORTOLAN_IDENTITY_ENVIRONMENT", "PORTOLAN_DATA", "PORTOLAN_AUDIT_ANCHORS", "PORTOLAN_AUDIT_JOURNAL", "PORTOLAN_PORT", "PORTOLAN_BASE_URL", "PORTOLAN_BULK_DATA_FOLDER"})
    void a_variable_that_is_empty_stops_the_start(String empty) {
        assertThatThrownBy(() -> SettingsReader.refuseVariables(Map.of(empty, ""))).hasMessage("the environment variable " + empty + " is empty: give it a value, or leave it out");
        assertThatCode(() -> SettingsReader.refuseVariables(Map.of("PORTOLAN_CORS_ORIGINS", "", "PORTOLAN_DB_PASSWORD", "", "PATH", ""))).doesNotThrowAnyException();
    }

    @Test
    void the_servers_own_machine_calls_it_past_the_proxy() {
        assertThat(read("portolan.base-url", "https://fhir.plan.example/").local()).hasToString("http://127.0.0.1:8080");
        assertThat(read("portolan.port", "1234").local()).hasToString("http://127.0.0.1:1234");
    }

    @Test
    void an_open_server_is_called_by_no_name_of_a_proxy() {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("test", Map.of("portolan.open", "true", "portolan.base-url", "https://fhir.plan.example")));
        assertThatThrownBy(() -> SettingsReader.read(environment)).satisfies(refused -> assertThat(CommandLineFailure.sentence(refused)).startsWith("portolan.open (--open)").contains("no proxy"));
    }

    /** A production that is misspelt would be a sandbox, with its accounts and its token. */
    @ParameterizedTest
    @ValueSource(strings = {"PORTOLAN_IDENTITY_ENVIROMENT", "PORTOLAN_IDENTITY_UDAP_COMUNITIES_0_URI", "PORTOLAN_DB_PASWORD", "PORTOLAN_CORS_ORIGINS_X"})
    void a_variable_that_is_no_setting_stops_the_start(String misspelt) {
        assertThatThrownBy(() -> SettingsReader.refuseVariables(Map.of("PATH", "x", misspelt, "x"))).hasMessageStartingWith("the environment variable " + misspelt + " is no setting");
    }

    @Test
    void a_name_in_a_file_that_is_no_setting_of_the_authorization_server_stops_the_start() {
        assertThatThrownBy(() -> read("portolan.identity.enviroment", "PRODUCTION")).hasMessageStartingWith("portolan.identity.enviroment is no setting");
        assertThatCode(() -> read("portolan.identity.udap.communities[0].private-key", "x")).doesNotThrowAnyException();
        assertThatCode(() -> read("portolan.identity.encryptionKey", "x")).doesNotThrowAnyException();
    }

    @Test
    void a_value_that_the_authorization_server_does_not_take_is_told_of_by_its_setting() {
        Binder binder = new Binder(new MapConfigurationPropertySource(Map.of("portolan.identity.environment", "prod")));
        assertThatThrownBy(() -> binder.bind("portolan.identity", IdentityProperties.class)).satisfies(refused -> assertThat(CommandLineFailure.sentence(refused))
            .isEqualTo("portolan.identity.environment (PORTOLAN_IDENTITY_ENVIRONMENT): it is one of SANDBOX, PRODUCTION"));
    }

    @Test
    void variables_that_are_settings_are_taken_those_of_lists_and_by_name_too() {
        assertThatCode(() -> SettingsReader.refuseVariables(Stream.of("PORTOLAN_JAVA_OPTS", "PORTOLAN_TOKEN", "PORTOLAN_DB_URL", "PORTOLAN_IDENTITY_ENVIRONMENT", "PORTOLAN_IDENTITY_ENCRYPTION_KEY", "PORTOLAN_IDENTITY_ACCESS_TOKEN_LIFE",
            "PORTOLAN_IDENTITY_UDAP_COMMUNITIES_0_PRIVATE_KEY", "PORTOLAN_IDENTITY_PROVIDER_SCOPES", "PORTOLAN_IDENTITY_PROVIDER_PARAMETERS_ACR_VALUES", "PORTOLAN_IDENTITY_BRAND_NAME").collect(Collectors.toMap(name -> name, name -> "x")))).doesNotThrowAnyException();
    }

    @Test
    void smt35_a_certificate_that_is_none_is_told_of_by_its_setting(@TempDir Path folder) throws Exception {
        Path text = Files.writeString(folder.resolve("text"), "no certificate");
        Path key = Files.writeString(folder.resolve("key"), "-----BEGIN PRIVATE KEY-----");
        assertThatThrownBy(() -> new Settings.Tls(text, key)).hasMessageStartingWith("portolan.tls.certificate holds no PEM");
        assertThatThrownBy(() -> new Settings.Tls(Files.writeString(folder.resolve("cert"), "-----BEGIN CERTIFICATE-----"), text)).hasMessageStartingWith("portolan.tls.private-key holds no PEM");
    }
}
