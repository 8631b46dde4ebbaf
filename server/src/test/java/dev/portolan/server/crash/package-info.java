/** What survives when the server, its database or both are killed. */
@org.jspecify.annotations.NullMarked
package dev.portolan.server.crash;
