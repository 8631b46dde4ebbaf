/** SMART App Launch scopes as values: parsed once, compared and narrowed without strings. */
@org.jspecify.annotations.NullMarked
package dev.portolan.identity.scope;
