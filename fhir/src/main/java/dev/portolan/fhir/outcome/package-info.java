/** What was found wrong with a resource, in the terms of OperationOutcome: severity, issue type, place, and what to change. */
@NullMarked
package dev.portolan.fhir.outcome;

import org.jspecify.annotations.NullMarked;
