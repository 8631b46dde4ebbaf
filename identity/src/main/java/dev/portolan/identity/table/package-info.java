/** Tables of all rooms: those that leave as CSV and end in spreadsheets are written in one way, and long ones come to pages in parts. */
@org.jspecify.annotations.NullMarked
package dev.portolan.identity.table;
