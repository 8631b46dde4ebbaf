package dev.portolan.patientaccess;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.rest.RunningServer;
import dev.portolan.sandbox.personas.Personas;
import java.nio.charset.StandardCharsets;

/** The sandbox's members in the tests' server, behind the base of this room. */
final class SandboxMembersLoaded {

    /** Edition 3 had it, and a server that was started then has it still. */
    static final String OF_AN_EARLIER_EDITION = "samir-pa-knee";
    private static final String EARLIER = """
        {"resourceType":"ExplanationOfBenefit","id":"samir-pa-knee","status":"active","type":{"text":"institutional"},"use":"preauthorization","patient":{"reference":"Patient/samir-haddad"},"created":"2026-09-02",
         "insurer":{"display":"Harborline"},"provider":{"display":"Pelican"},"outcome":"complete","insurance":[{"focal":true,"coverage":{"display":"PPO"}}]}
        """;

    private static String base;

    private SandboxMembersLoaded() {}

    static synchronized void into(RunningServer server) {
        if (base == null) {
            assertThat(server.send("PUT", "ExplanationOfBenefit/" + OF_AN_EARLIER_EDITION, EARLIER.getBytes(StandardCharsets.UTF_8)).status()).isEqualTo(201);
            var reply = server.send("POST", "", Personas.transaction());
            assertThat(reply.status()).as(reply.text()).isEqualTo(200);
            base = server.serve(PatientAccess.base("/sandbox", server.host), PatientAccessPolicy.DEFAULT::guard);
        }
    }

    static synchronized String base() {
        return base;
    }
}
