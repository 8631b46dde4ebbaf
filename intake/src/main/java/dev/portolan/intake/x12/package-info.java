/**
 * X12 005010 feeds: enrolment (834), claims (837 P, I, D) and remittances (835). Reads envelopes with StAEDI, cuts transactions into records, acknowledges files, and joins a claim with what was decided about it.
 */
@org.jspecify.annotations.NullMarked
package dev.portolan.intake.x12;
