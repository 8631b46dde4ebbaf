/** What the rule wants members to be told about apps and their health data, as a page. */
@NullMarked
package dev.portolan.patientaccess.page;

import org.jspecify.annotations.NullMarked;
