package dev.portolan.patientaccess;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.rest.RunningServer;
import dev.portolan.sandbox.personas.Personas;

/** The sandbox's members in the tests' server, behind the base of this room. */
final class SandboxMembersLoaded {

    private static String base;

    private SandboxMembersLoaded() {}

    static synchronized void into(RunningServer server) {
        if (base == null) {
            var reply = server.send("POST", "", Personas.transaction());
            assertThat(reply.status()).as(reply.text()).isEqualTo(200);
            base = server.serve(PatientAccess.base("/sandbox", server.host), PatientAccessPolicy.DEFAULT::guard);
        }
    }

    static synchronized String base() {
        return base;
    }
}
