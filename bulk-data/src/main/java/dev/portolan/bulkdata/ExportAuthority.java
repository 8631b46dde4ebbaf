package dev.portolan.bulkdata;

import dev.portolan.store.Grant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes the grant of an export anew, from the standing that the app has by then: an app that was suspended meanwhile, or a consent that was withdrawn, ends it. */
@FunctionalInterface
public interface ExportAuthority {

    /** Empty if there is no such right any more. */
    Optional<Grant> renew(Caller caller);

    /**
     * Who started an export, and by which right.
     *
     * @param base name of the FHIR base
     * @param grantId of the grant that it was started under
     */
    record Caller(String base, String app, @Nullable String person, String grantId, List<String> scopes, Set<String> consents) {}
}
