/** What happened that an auditor has to know of: the port that the audit room implements. */
@org.jspecify.annotations.NullMarked
package dev.portolan.identity.event;
