/** The database that the server runs on: an embedded PostgreSQL with a life of its own, or the plan's. */
@NullMarked
package dev.portolan.server.database;

import org.jspecify.annotations.NullMarked;
