/** Whether the server is alive, ready and whole, for people and for machines. */
@NullMarked
package dev.portolan.server.health;

import org.jspecify.annotations.NullMarked;
