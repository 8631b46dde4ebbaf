/** People: members, their representatives, staff and developers; how they sign in. */
@org.jspecify.annotations.NullMarked
package dev.portolan.identity.account;
