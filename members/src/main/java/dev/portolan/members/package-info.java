/** Whose data, and who may see it: the only maker of a {@link dev.portolan.store.Grant}. */
@NullMarked
package dev.portolan.members;

import org.jspecify.annotations.NullMarked;
