package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.bulkdata.ExportAuthority;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.AppRequest;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** By which right an export goes on: that of the app as it is now, not as it was when it began. */
class ExportAuthorityTest {

    private static AppRequest asking(String scopes) {
        return new AppRequest("narrowed-batch", App.Kind.BACKEND, "private_key_jwt", List.of("client_credentials"), null, scopes, List.of(), null, null,
            "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\",\"kid\":\"k\",\"alg\":\"ES384\",\"use\":\"sig\",\"x\":\"JQKTsV6PT5Szf4QtDA1qrs0EJ1pbimQmM2SKvzOlIAqlph3h1OHmZ2i7MXahIF2C\",\"y\":\"bRWWQRJBgDa6CTgwofYrHjVGcO-A7WNEnu4oJA5OUJPPPpczgx1g2NsfinK-D2Rw\"}]}",
            App.Metadata.EMPTY, Map.of());
    }

    @Test
    void blk12_an_app_whose_scopes_were_narrowed_has_no_right_to_an_export_that_it_began_with_more() throws Exception {
        BulkStand stand = BulkStand.shared();
        AppLifecycle apps = stand.server.part(AppLifecycle.class);
        apps.register("narrowed-batch", asking("system/*.rs"), "test", null, true);
        ExportAuthority authority = stand.server.part(ExportAuthority.class);
        ExportAuthority.Caller everything = new ExportAuthority.Caller("system", "narrowed-batch", null, "g", List.of("system/*.rs"), Set.of());
        ExportAuthority.Caller patients = new ExportAuthority.Caller("system", "narrowed-batch", null, "g", List.of("system/Patient.rs"), Set.of());
        assertThat(authority.renew(everything)).isPresent();
        apps.update("narrowed-batch", asking("system/Patient.rs"), "test", AppLifecycle.Vouched.EVERYTHING);
        assertThat(authority.renew(everything)).isEmpty();
        assertThat(authority.renew(patients)).isPresent();
    }
}
