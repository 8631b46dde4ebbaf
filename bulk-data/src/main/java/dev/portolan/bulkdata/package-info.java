/**
 * Bulk Data Access: a group's, or all, members' records as files of lines (Bulk Data Access 2.0), made in the background, and a client that fetches such files from another server.
 *
 * <p>An export is cut into parts of some hundred members. A part is read from the store, written to files and noted as done in one transaction, so that after a crash, on whatever node, the parts that
 * are left are done and nothing is lost or doubled. The right to the data is asked anew for every part, for every member, and once more before the files are given out.
 */
@NullMarked
package dev.portolan.bulkdata;

import org.jspecify.annotations.NullMarked;
