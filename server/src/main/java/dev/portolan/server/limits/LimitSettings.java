package dev.portolan.server.limits;

import java.util.List;

import org.springframework.boot.context.properties.bind.DefaultValue;

import dev.portolan.server.http.Networks;

/**
 * How many calls are let in; 0 is as many as come. All of a minute's calls may come at once.
 *
 * @param appPerMinute FHIR requests of one app at one base, of all its members together
 * @param tokenPerMinute FHIR requests with one access token at one base
 * @param operatorPerMinute FHIR requests of one of the plan's own programs at one base
 * @param protocolPerMinute calls of the authorization server's endpoints (authorize, token, introspect, revoke, changes of registrations) from one address
 * @param signInPerMinute passwords tried from one address, on the pages and with HTTP Basic
 * @param registrationPerHour apps registered, and developers who join, from one address
 * @param proxies addresses or networks (as {@code 10.0.0.0/8}) of the proxies whose X-Forwarded-For is believed; loopback always is
 */
public record LimitSettings(
        @DefaultValue("60000") long appPerMinute,
        @DefaultValue("3000") long tokenPerMinute,
        @DefaultValue("0") long operatorPerMinute,
        @DefaultValue("600") long protocolPerMinute,
        @DefaultValue("300") long signInPerMinute,
        @DefaultValue("60") long registrationPerHour,
        @DefaultValue({}) List<String> proxies) {

    private static final long MOST = 100_000_000;

    public LimitSettings {
        for (long calls : new long[] {appPerMinute, tokenPerMinute, operatorPerMinute, protocolPerMinute, signInPerMinute, registrationPerHour}) {
            if (calls < 0 || calls > MOST) {
                throw new IllegalArgumentException("the numbers of portolan.limits are 0 (no limit) to " + MOST + ", and one is " + calls);
            }
        }
        Networks.of("portolan.limits.proxies", proxies);
    }
}
