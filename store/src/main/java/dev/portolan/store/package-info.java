/**
 * The members' records in PostgreSQL: write, version, index, search, scan.
 *
 * <p>The only way in is a {@link dev.portolan.store.RecordView}, and a view is opened with a {@link dev.portolan.store.Grant}. The grant becomes part of every statement's
 * WHERE, so totals, pages, includes and chains see what a direct read would and nothing else.
 */
@NullMarked
package dev.portolan.store;

import org.jspecify.annotations.NullMarked;
