/**
 * How the server does, in numbers that a monitoring system fetches (OPS-03, OPS-15): requests by API, the pool, the audit trail, background work, feeds. Nothing here names a member, an app or an id:
 * every label's values are a small set that the program knows beforehand.
 */
@NullMarked
package dev.portolan.server.metrics;

import org.jspecify.annotations.NullMarked;
