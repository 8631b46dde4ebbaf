/**
 * The SMART on FHIR authorization server: Spring Security's protocol endpoints, with SMART's rules, storage and pages in place of the defaults.
 */
@org.jspecify.annotations.NullMarked
package dev.portolan.identity.authorization;
