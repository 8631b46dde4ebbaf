/**
 * FHIR resources as the JSON bytes that they are.
 *
 * <p>A resource is kept as compact JSON whose strings and numbers are exactly those that were sent (R4 demands that decimals keep their
 * precision). {@link dev.portolan.fhir.json.JsonDocument} is those bytes with an index over them, so that extracting search values, checking the
 * structure and rewriting a reference need neither a model nor a second copy.
 */
@NullMarked
package dev.portolan.fhir.json;

import org.jspecify.annotations.NullMarked;
