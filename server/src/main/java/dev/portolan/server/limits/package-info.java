/** How often apps and addresses may call, so that none of them takes the server away from all others. Each node counts by itself. */
@NullMarked
package dev.portolan.server.limits;

import org.jspecify.annotations.NullMarked;
