/**
 * FHIR over HTTP: one servlet for each FHIR base, its interactions, its errors, and a capability statement made from what it really does.
 *
 * <p>Every request takes the same way: {@link dev.portolan.rest.FhirServlet} reads it into a typed request, an interaction answers it through a view that a
 * {@link dev.portolan.rest.GrantResolver} opened, the access is recorded, and the answer leaves. Stored bytes are copied, never parsed, on the way out.
 */
@NullMarked
package dev.portolan.rest;

import org.jspecify.annotations.NullMarked;
