/** Apps and their life: registration, secrets and keys, review, suspension, and what the authorization server has to know of them. */
@org.jspecify.annotations.NullMarked
package dev.portolan.identity.app;
