package dev.portolan.server.command;

import dev.portolan.provideraccess.ProviderAccessApi;
import dev.portolan.sandbox.SandboxAccess;
import dev.portolan.sandbox.SandboxAccess.ProviderApp;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A provider's organization whose patients the sandbox's members are, and its app.
 *
 * @param key file with the app's private key; null if it was made with another data directory
 */
record SandboxProvider(String clientId, String keyId, @Nullable String key, String group) {

    private static final String GROUP = "pelican-bay";
    /** Pelican Bay Hospital and Dr. Castellano, of the named members. */
    private static final String HOSPITAL = "1900000039";
    private static final String DOCTOR = "1900000054";
    private static final String ACTOR = "sandbox";

    /** Made once; what staff changes later stays. */
    static SandboxProvider of(SandboxAccess access, ProviderAccessApi api, List<String> patients) {
        ProviderApp app = access.providerApp();
        if (!api.has(GROUP) && !patients.isEmpty()) {
            api.takeNetwork("npi,starts,ends\n" + HOSPITAL + ",2020-01-01,\n" + DOCTOR + ",2020-01-01,\n");
            StringBuilder roster = new StringBuilder("group,name,npi,tin,organization,member,provider_npi,starts\n");
            patients.forEach(patient -> roster.append(GROUP).append(",Patients of Pelican Bay Hospital,").append(HOSPITAL).append(",90-0000003,Organization/pelican-hospital,Patient/").append(patient)
                .append(',').append(DOCTOR).append(",2024-01-01\n"));
            api.take(roster.toString(), ACTOR);
            api.bind(app.clientId(), GROUP, ACTOR);
        }
        return new SandboxProvider(app.clientId(), app.keyId(), app.key() == null ? null : app.key().toAbsolutePath().toString(), GROUP);
    }
}
