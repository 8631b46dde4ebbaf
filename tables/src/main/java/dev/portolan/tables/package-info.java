/** Every room owns its tables; this brings them to the version that the room was written for, which costs a start nothing when they are there, changes them in transactions, and reaches a database on the same machine through its socket. */
@NullMarked
package dev.portolan.tables;

import org.jspecify.annotations.NullMarked;
