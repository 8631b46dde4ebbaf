/** The command line. */
@NullMarked
package dev.portolan.server.command;

import org.jspecify.annotations.NullMarked;
