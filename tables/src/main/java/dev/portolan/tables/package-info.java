/** Every room owns its tables; this brings them to the version that the room was written for, and costs a start nothing when they are there. */
@NullMarked
package dev.portolan.tables;

import org.jspecify.annotations.NullMarked;
