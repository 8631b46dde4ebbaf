/** Every room owns its tables; this brings them to the version that the room was written for, which costs a start nothing when they are there, and changes them in transactions. */
@NullMarked
package dev.portolan.tables;

import org.jspecify.annotations.NullMarked;
