/**
 * The audit trail for those who have to look at it: auditors (pages, JSON, CSV, FHIR AuditEvent) and members ("who has seen my data"). It asks the trail and changes nothing in it; that somebody
 * asked stands in the trail too.
 */
@NullMarked
package dev.portolan.compliance;

import org.jspecify.annotations.NullMarked;
