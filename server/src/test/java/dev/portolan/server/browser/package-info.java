/** What people and browser apps do with the server, in a real browser. */
@org.jspecify.annotations.NullMarked
package dev.portolan.server.browser;
