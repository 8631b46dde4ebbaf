/** The plan's own data becomes conformant FHIR resources: feeds, mappings, quarantine and load reports. */
@NullMarked
package dev.portolan.intake;

import org.jspecify.annotations.NullMarked;
