/** Tables that leave as CSV and end in spreadsheets: written in one way for all rooms, as their pages have one frame. */
@org.jspecify.annotations.NullMarked
package dev.portolan.identity.table;
