/** What members are told about the sharing of their data (42 CFR 422.121(a)(4) and (b)(6)), each in the member's language, with a log of what became of every message (CON-08). */
@NullMarked
package dev.portolan.members.notice;

import org.jspecify.annotations.NullMarked;
