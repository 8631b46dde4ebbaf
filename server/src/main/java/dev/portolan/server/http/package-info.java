/** The HTTP edge: what holds for every request, whatever room answers it. */
@NullMarked
package dev.portolan.server.http;

import org.jspecify.annotations.NullMarked;
