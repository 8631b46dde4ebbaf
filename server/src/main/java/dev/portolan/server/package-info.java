/** Puts the rooms together: settings, composition, start and stop. Decides nothing about FHIR. */
@NullMarked
package dev.portolan.server;

import org.jspecify.annotations.NullMarked;
