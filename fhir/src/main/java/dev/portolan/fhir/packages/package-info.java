/**
 * Where FHIR's definitions come from: the base R4 definitions and the implementation guides' packages, found, read once and kept on disk in a form
 * that opens in milliseconds.
 */
@NullMarked
package dev.portolan.fhir.packages;

import org.jspecify.annotations.NullMarked;
