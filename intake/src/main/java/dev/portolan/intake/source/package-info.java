/** How sources are read: a file becomes records, one after the other, in bounded memory. */
@NullMarked
package dev.portolan.intake.source;

import org.jspecify.annotations.NullMarked;
