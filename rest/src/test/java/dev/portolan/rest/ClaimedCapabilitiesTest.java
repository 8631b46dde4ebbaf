package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.RunningServer.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the CapabilityStatement says is asked of the server (RST-01: complete and true). */
class ClaimedCapabilitiesTest {

    private static final RunningServer SERVER = RunningServer.get();
    private static final Map<String, String> VALUES = Map.of("token", "x", "date", "2020-01-01", "string", "abc", "uri", "http://x.example/y", "number", "1", "quantity", "1", "reference", "nobody", "composite", "x$x", "special", "42|-71|1|km");

    private static List<JsonValue> each(JsonValue owner, String field) {
        List<JsonValue> all = new ArrayList<>();
        if (owner.field(field) != null) {
            owner.field(field).children().forEach(all::add);
        }
        return all;
    }

    private static JsonValue rest(String base) {
        return SERVER.get(base + "/metadata").json().root().field("rest").firstChild();
    }

    private static Reply strictly(String base, String query) {
        return SERVER.get(base + "/" + query.replace("|", "%7C"), "Prefer", "handling=strict");
    }

    @Test
    void rst01_everySearchThatIsClaimedIsAnswered() {
        for (JsonValue type : each(rest(SERVER.patientAccess), "resource")) {
            String name = type.fieldText("type") + "?";
            for (JsonValue parameter : each(type, "searchParam")) {
                String query = name + parameter.fieldText("name") + "=" + VALUES.get(parameter.fieldText("type"));
                Reply reply = strictly(SERVER.patientAccess, query);
                // A composite's parts have values of their own kinds, which x is not: that is a malformed value and no unknown parameter.
                assertThat(reply.status() == 200 || "composite".equals(parameter.fieldText("type")) && !reply.text().contains("not supported")).as(query + " " + reply.text()).isTrue();
            }
            for (JsonValue include : each(type, "searchInclude")) {
                assertThat(strictly(SERVER.patientAccess, name + "_id=nobody&_include=" + include.text()).status()).as(name + include.text()).isEqualTo(200);
            }
            for (JsonValue include : each(type, "searchRevInclude")) {
                assertThat(strictly(SERVER.patientAccess, name + "_id=nobody&_revinclude=" + include.text()).status()).as(name + include.text()).isEqualTo(200);
            }
        }
        assertThat(strictly(SERVER.patientAccess, "Patient?_query=x").status()).as("and is claimed by no type").isEqualTo(400);
    }

    @Test
    void rst01_theCompartmentsThatAreSearchedAreNamed() {
        assertThat(each(rest(SERVER.patientAccess), "compartment")).extracting(JsonValue::text).containsExactly("http://hl7.org/fhir/CompartmentDefinition/patient");
        assertThat(each(rest(SERVER.system), "compartment")).hasSize(5).extracting(JsonValue::text).contains("http://hl7.org/fhir/CompartmentDefinition/relatedPerson");
    }

    @Test
    void rst01_anOperationHasTheDefinitionOfItsOwnType() {
        for (JsonValue type : each(rest(SERVER.system), "resource")) {
            for (JsonValue operation : each(type, "operation")) {
                if ("validate-code".equals(operation.fieldText("name"))) {
                    assertThat(operation.fieldText("definition")).isEqualTo("http://hl7.org/fhir/OperationDefinition/" + type.fieldText("type") + "-validate-code");
                }
            }
        }
    }

    /** "A list of implementation guides that the server does (or should) support in their entirety" (R4 capabilitystatement). */
    @Test
    void rst01_theGuidesThatAreNamedAreThoseThatTheBaseServes() {
        assumeTrue(SERVER.packages.guide("hl7.fhir.us.davinci-pdex", "2.1.0").isPresent(), "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        Set<String> guides = new TreeSet<>();
        each(SERVER.get(SERVER.patientAccess + "/metadata").json().root(), "implementationGuide").forEach(guide -> guides.add(guide.text().replaceAll("\\|.*", "")));
        assertThat(guides).containsExactly("http://hl7.org/fhir/us/core/ImplementationGuide/hl7.fhir.us.core");
    }
}
