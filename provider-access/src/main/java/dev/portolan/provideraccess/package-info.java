/**
 * The Provider Access API (42 CFR 422.121(a), 431.61(a), 457.731(a); 45 CFR 156.222(a)): what an in-network provider's system reads of the members who are that provider's patients, one by one and in bulk. This
 * room says what its FHIR base offers, by which policy, and what of a record never leaves by it; whose patients members are is {@code members}'.
 */
@NullMarked
package dev.portolan.provideraccess;

import org.jspecify.annotations.NullMarked;
