/**
 * What members decided about their data, and what follows from it: every exit asks the {@link dev.portolan.members.consent.ConsentEngine} before data leaves. Without a decision of the member the law's
 * default holds (45 CFR 170.215 and 42 CFR 422.119 to 422.121): the member's own apps and treating providers may see, other payers may not.
 */
@NullMarked
package dev.portolan.members.consent;

import org.jspecify.annotations.NullMarked;
