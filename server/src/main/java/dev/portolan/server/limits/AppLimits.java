package dev.portolan.server.limits;

import java.time.Duration;

import jakarta.servlet.http.HttpServletRequest;

import org.jspecify.annotations.Nullable;

import dev.portolan.rest.FhirBase;
import dev.portolan.rest.RateLimiter;
import dev.portolan.store.Grant;

/** How often one app, and one token of it, may call a base. The plan's own programs, and the development grant of an open server, have a limit of their own, which there is none of unless it is set. */
public final class AppLimits implements RateLimiter {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final @Nullable CallLimit<Key> apps;
    private final @Nullable CallLimit<Key> tokens;
    private final @Nullable CallLimit<Key> operators;

    private record Key(String base, String caller) {}

    public AppLimits(LimitSettings settings) {
        this.apps = CallLimit.of(settings.appPerMinute(), MINUTE);
        this.tokens = CallLimit.of(settings.tokenPerMinute(), MINUTE);
        this.operators = CallLimit.of(settings.operatorPerMinute(), MINUTE);
    }

    @Override
    public Admission admit(FhirBase base, HttpServletRequest request, Grant grant) {
        if (grant.members() instanceof Grant.Members.Everyone) {
            return take(operators, base, grant.app());
        }
        Admission token = take(tokens, base, grant.id());
        if (!token.admitted()) {
            return token;
        }
        Admission app = take(apps, base, grant.app());
        return !app.admitted() || token.limit() < 0 || app.limit() >= 0 && app.remaining() < token.remaining() ? app : token;
    }

    private static Admission take(@Nullable CallLimit<Key> limit, FhirBase base, String caller) {
        if (limit == null) {
            return Admission.UNLIMITED;
        }
        CallLimit.Taken taken = limit.take(new Key(base.name(), caller));
        return new Admission(taken.admitted(), limit.calls(), taken.remaining(), taken.waitSeconds());
    }
}
