/**
 * Whether a resource keeps the rules of a profile. Inside works HAPI FHIR's validator on the loaded packages; outside there are JSON and findings.
 * It takes milliseconds rather than microseconds and tens of seconds to warm up, so a write waits for it only where a policy says so.
 */
@NullMarked
package dev.portolan.fhir.validation;

import org.jspecify.annotations.NullMarked;
