/**
 * Whether a text is a FHIR R4 resource at all: the check that every write pays for, and so one that takes microseconds. Profiles, value sets and
 * invariants are the validator's business.
 */
@NullMarked
package dev.portolan.fhir.structure;

import org.jspecify.annotations.NullMarked;
