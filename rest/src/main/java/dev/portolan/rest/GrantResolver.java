package dev.portolan.rest;

import dev.portolan.store.Grant;
import jakarta.servlet.http.HttpServletRequest;

/** Decides by which right a request is made. The only way to a view of the records. */
@FunctionalInterface
public interface GrantResolver {

    /**
     * @throws FhirException with {@link Problem#LOGIN_REQUIRED}, {@link Problem#LOGIN_EXPIRED} or {@link Problem#FORBIDDEN} if there is no such right
     */
    Grant resolve(HttpServletRequest request);
}
