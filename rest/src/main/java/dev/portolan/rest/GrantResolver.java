package dev.portolan.rest;

import dev.portolan.audit.AuditEntry;
import dev.portolan.store.Grant;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Decides by which right a request is made. The only way to a view of the records. */
@FunctionalInterface
public interface GrantResolver {

    /**
     * @throws FhirException with {@link Problem#LOGIN_REQUIRED}, {@link Problem#LOGIN_EXPIRED} or {@link Problem#FORBIDDEN} if there is no such right
     */
    Grant resolve(HttpServletRequest request);

    /** Who it is that was refused, as far as the token tells that gives no right any more; for the audit trail alone. Null if nobody can say. */
    default @Nullable Former former(HttpServletRequest request) {
        return null;
    }

    /** Where callers get a token, by the names of SMART 1.0's oauth-uris extension ({@code authorize}, {@code token} and so on), for the capability statement; empty if nobody gives tokens. */
    default Map<String, String> tokenAddresses() {
        return Map.of();
    }

    /** The same callers by the same rights, less what a base's own policy takes away. */
    default GrantResolver narrowed(UnaryOperator<Grant> policy) {
        GrantResolver all = this;
        return new GrantResolver() {
            @Override
            public Grant resolve(HttpServletRequest request) {
                return policy.apply(all.resolve(request));
            }

            @Override
            public @Nullable Former former(HttpServletRequest request) {
                return all.former(request);
            }

            @Override
            public Map<String, String> tokenAddresses() {
                return all.tokenAddresses();
            }
        };
    }

    /**
     * A caller whose right has ended.
     *
     * @param members the Patients that the token was about
     * @param why {@code revoked}, {@code expired} and the like: the trail's outcome
     */
    record Former(AuditEntry.Caller caller, AuditEntry.Authority authority, List<String> members, String why) {}
}
