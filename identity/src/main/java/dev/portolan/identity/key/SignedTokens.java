package dev.portolan.identity.key;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import dev.portolan.identity.NulCharacter;
import java.text.ParseException;

/** Reads what strangers send as signed JWTs and key sets. */
public final class SignedTokens {
    private SignedTokens() {}

    /** @throws ParseException if it is no signed JWT with claims, whatever the library says of it */
    public static SignedJWT parse(String token) throws ParseException {
        try {
            SignedJWT jwt = SignedJWT.parse(token);
            if (jwt.getJWTClaimsSet() == null || NulCharacter.isIn(jwt.getJWTClaimsSet().getClaims()) || NulCharacter.isIn(jwt.getHeader().toJSONObject())) {
                throw new ParseException("it has no claims, or U+0000 in them", 0);
            }
            return jwt;
        } catch (RuntimeException e) {
            throw unreadable(e);
        }
    }

    /** @throws ParseException if it is no key set, whatever the library says of it */
    public static JWKSet parseKeys(String json) throws ParseException {
        try {
            return JWKSet.parse(json);
        } catch (RuntimeException e) {
            throw unreadable(e);
        }
    }

    /** The library promises a ParseException, and lets others through besides: a null where it expects an object ends as a NullPointerException. */
    private static ParseException unreadable(RuntimeException e) {
        ParseException parse = new ParseException(String.valueOf(e.getMessage()), 0);
        parse.initCause(e);
        return parse;
    }
}
