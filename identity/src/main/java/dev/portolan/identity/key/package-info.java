/** Keys and secrets: what is random, what is hashed, what is encrypted, what signs. */
@org.jspecify.annotations.NullMarked
package dev.portolan.identity.key;
