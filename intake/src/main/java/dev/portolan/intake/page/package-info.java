/** Pages of loads for staff. */
@NullMarked
package dev.portolan.intake.page;

import org.jspecify.annotations.NullMarked;
