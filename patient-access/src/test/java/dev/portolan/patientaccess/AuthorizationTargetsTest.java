package dev.portolan.patientaccess;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.sandbox.personas.Personas;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** RST-33: a reference that must be supported leads to each kind of resource that its profile names, somewhere; Inferno's suite for PDex looks for one of each. */
class AuthorizationTargetsTest {

    @Test
    void rst33_prior_authorizations_name_people_roles_and_organizations() {
        assertThat(targets("\"enterer\":\\{\"reference\":\"(\\w+)/")).containsExactly("Practitioner", "PractitionerRole");
        assertThat(targets("\"sequence\":\\d,\"provider\":\\{\"reference\":\"(\\w+)/")).as("care teams").containsExactly("Organization", "Practitioner", "PractitionerRole");
    }

    private static Set<String> targets(String expression) {
        Set<String> types = new TreeSet<>();
        Personas.resources().stream().map(each -> each.json()).filter(each -> each.contains("\"use\":\"preauthorization\"")).forEach(each -> Pattern.compile(expression).matcher(each).results().forEach(match -> types.add(match.group(1))));
        return types;
    }
}
