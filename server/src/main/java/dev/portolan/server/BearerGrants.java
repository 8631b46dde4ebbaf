package dev.portolan.server;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import jakarta.servlet.http.HttpServletRequest;

import org.jspecify.annotations.Nullable;

import dev.portolan.audit.AuditEntry;
import dev.portolan.identity.token.AccessToken;
import dev.portolan.identity.token.AccessTokens;
import dev.portolan.members.TokenGrants;
import dev.portolan.members.consent.ConsentedGrants;
import dev.portolan.members.consent.Exit;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.GrantResolver;
import dev.portolan.rest.Problem;
import dev.portolan.store.Grant;

/** Makes a grant of the token in a request's Authorization header (RFC 6750, section 2.1); tokens in the address are not looked at. */
final class BearerGrants implements GrantResolver {

    private static final String BEARER = "Bearer ";
    private static final String CHALLENGE = "WWW-Authenticate";
    private static final Pattern OWN_NAME = Pattern.compile("localhost|127\\.\\d+\\.\\d+\\.\\d+|\\[?(::1|0:0:0:0:0:0:0:1)]?", Pattern.CASE_INSENSITIVE);

    private final Exit.Api api;
    private final AccessTokens tokens;
    private final TokenGrants grants;
    private final ConsentedGrants consented;
    private final @Nullable Grant withoutToken;
    private final Map<String, String> tokenAddresses;

    /**
     * @param api by which door data leaves at the base that asks
     * @param withoutToken the right of a caller that shows no token; null if there is none
     */
    BearerGrants(Exit.Api api, AccessTokens tokens, TokenGrants grants, ConsentedGrants consented, @Nullable Grant withoutToken, Map<String, String> tokenAddresses) {
        this.api = api;
        this.tokens = tokens;
        this.grants = grants;
        this.consented = consented;
        this.withoutToken = withoutToken;
        this.tokenAddresses = Map.copyOf(tokenAddresses);
    }

    /** The same for another door. */
    BearerGrants by(Exit.Api other) {
        return new BearerGrants(other, tokens, grants, consented, withoutToken, tokenAddresses);
    }

    @Override
    public Grant resolve(HttpServletRequest request) {
        String authorization = request.getHeader("Authorization");
        if (authorization == null) {
            if (withoutToken == null) {
                throw new FhirException(Problem.LOGIN_REQUIRED, "This needs an access token: send Authorization: Bearer and the token. .well-known/smart-configuration says where to get one.")
                        .with(CHALLENGE, "Bearer");
            }
            if (!OWN_NAME.matcher(request.getServerName()).matches()) {
                // A web page whose name was led to this machine's address asks under its own name, and its browser takes the answer for the page's own (DNS rebinding).
                throw new FhirException(Problem.FORBIDDEN, "This server is open to its own machine: ask it as 127.0.0.1 or localhost, or with a token.");
            }
            return withoutToken;
        }
        if (!authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            throw new FhirException(Problem.LOGIN_REQUIRED, "The Authorization header must be: Bearer and an access token.").with(CHALLENGE, "Bearer");
        }
        AccessToken token = tokens.resolve(authorization.substring(BEARER.length()).strip())
                .orElseThrow(() -> refused("This access token is unknown, expired or revoked; get a new one."));
        // The base that answers, and not the address as it was written, which may go by way of another base's (a/../b, a;x/b).
        String base = request.getServletPath();
        if (token.base() != null && !token.base().equals(base)) {
            throw refused("This access token is for " + token.base() + "; ask for one with this base as its aud.");
        }
        return consented.of(grants.of(token, api), token, api);
    }

    @Override
    public Map<String, String> tokenAddresses() {
        return tokenAddresses;
    }

    /** A token that was revoked or has expired still names its app and its member: an attempt with it is theirs. */
    @Override
    public @Nullable Former former(HttpServletRequest request) {
        String authorization = request.getHeader("Authorization");
        if (authorization == null || !authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return null;
        }
        String bearer = authorization.substring(BEARER.length()).strip();
        return tokens.ended(bearer).map(ended -> {
            AccessToken token = ended.token();
            return new Former(new AuditEntry.Caller(token.clientId(), token.user(), token.relation()),
                    new AuditEntry.Authority(token.tokenId(), List.copyOf(token.scopes().texts()), "UNKNOWN", List.of(token.consentId())),
                    token.patient() == null ? List.of() : List.of(token.patient()), tokens.resolve(bearer).isPresent() ? "wrong-base" : ended.why());
        }).orElse(null);
    }

    private static FhirException refused(String reason) {
        return new FhirException(Problem.LOGIN_EXPIRED, reason).with(CHALLENGE, "Bearer error=\"invalid_token\"");
    }
}
