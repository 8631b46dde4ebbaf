/**
 * Who is calling: the room's configuration and settings. Everything else has a package of its own: scopes, tokens, apps, accounts, the
 * SMART authorization server, discovery, keys, security events, tables as CSV.
 */
@org.jspecify.annotations.NullMarked
package dev.portolan.identity;
