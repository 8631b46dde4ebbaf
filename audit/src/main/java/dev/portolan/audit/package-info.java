/**
 * Who saw what: append-only, hash-chained.
 *
 * <p>An answer with a member's data leaves only after its {@link dev.portolan.audit.AuditEntry} is durable ({@link dev.portolan.audit.AuditTrail#append}). One writer commits the entries of all
 * requests in groups, or makes them durable in a journal from which they are committed a moment later ({@link dev.portolan.audit.GroupCommitTrail}). {@link dev.portolan.audit.ChainVerifier} proves that nothing was altered or taken out.
 */
@NullMarked
package dev.portolan.audit;

import org.jspecify.annotations.NullMarked;
