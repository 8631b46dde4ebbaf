/** The plan's own people: the accounts of its staff, which somebody on the server's machine makes. */
@NullMarked
package dev.portolan.server.staff;

import org.jspecify.annotations.NullMarked;
