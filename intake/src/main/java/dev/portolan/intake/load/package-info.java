/**
 * Loading: a feed's files are read, mapped, written in batches, and every line is accounted for.
 *
 * <p>A batch is written to the store in one transaction and noted in this room's tables in the next. If the process dies between the two, the batch is written again, which changes nothing: ids come from business keys, and the store
 * writes no equal content.
 */
@NullMarked
package dev.portolan.intake.load;

import org.jspecify.annotations.NullMarked;
