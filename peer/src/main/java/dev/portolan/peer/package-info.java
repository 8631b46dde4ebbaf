/** Runs HAPI FHIR's JPA server as the project's oracle and benchmark opponent, in a process of its own. */
package dev.portolan.peer;
