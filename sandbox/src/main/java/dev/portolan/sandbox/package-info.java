/** Synthetic members: made by Synthea in a process of its own, the same for the same seed, and loaded over the FHIR API. */
@NullMarked
package dev.portolan.sandbox;

import org.jspecify.annotations.NullMarked;
