/**
 * The Patient Access API (42 CFR 422.119, 431.60, 457.730; 45 CFR 156.221): what a member's app reads. This room says what its FHIR base offers and by which policy; how FHIR is spoken is {@code rest}'s, who may see
 * whose record is {@code members}'.
 */
@NullMarked
package dev.portolan.patientaccess;

import org.jspecify.annotations.NullMarked;
