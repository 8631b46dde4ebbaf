/**
 * Durable background work: what is submitted runs on some node, once at a time, again after a failure, and on another node if its own dies. It knows no FHIR.
 *
 * <p>Work that may be interrupted anywhere must be written so: do a part, write down that it is done in the same transaction as its result, go on.
 */
@NullMarked
package dev.portolan.jobs;

import org.jspecify.annotations.NullMarked;
