/** Feeds in the server: the loads that run in it, and the API by which the command line and a plan's own programs ask for them. */
@NullMarked
package dev.portolan.server.feeds;

import org.jspecify.annotations.NullMarked;
