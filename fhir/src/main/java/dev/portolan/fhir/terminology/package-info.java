/**
 * What codes mean, as far as the packages say: value sets, code systems, concept maps. Much that the guides bind to (LOINC, SNOMED CT, CPT and
 * others) is not theirs to publish; then the answer is that it is not known, and never a guess.
 */
@NullMarked
package dev.portolan.fhir.terminology;

import org.jspecify.annotations.NullMarked;
