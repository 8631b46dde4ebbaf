/**
 * The flat mapping language: a file says, without Java, which resources a record of a plan's extract becomes.
 *
 * <p>A mapping is YAML. Its resources are written as the FHIR JSON that they become, with the columns in braces; what comes to nothing is left out, up to the element that then is empty. Names that begin with a dollar sign steer it.
 */
@NullMarked
package dev.portolan.intake.mapping;

import org.jspecify.annotations.NullMarked;
