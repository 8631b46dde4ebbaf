package dev.portolan.rest;

import dev.portolan.fhir.json.JsonLimits;

/**
 * What a patch may cost, or all those of a transaction. A few bytes of it can copy a large value or go through a large resource, again and again: a body's size says nothing of that.
 */
final class PatchBudget {

    /** How often a patch may go through a resource of the largest size: enough for a thousand operations on any resource that is not itself huge. */
    private static final int TIMES = 16;

    private final int largest;
    private long left;
    private long made;

    /** @param largest bytes that a resource may have */
    PatchBudget(int largest) {
        this.largest = largest;
        this.left = (long) TIMES * largest;
    }

    /** For what is made on the way: as deep and of as many values as what is sent may be. */
    JsonLimits limits() {
        return new JsonLimits(largest, JsonLimits.DEFAULT.maxDepth(), JsonLimits.DEFAULT.maxValues());
    }

    /** Takes the work of one operation out of the budget, before it is done. */
    void spend(long bytes) {
        left -= bytes;
        if (left < 0) {
            throw new FhirException(Problem.TOO_COSTLY, "the patch has too many operations for a resource of this size: send the resource as an update");
        }
    }

    /** Counts a result, which stands in memory until the transaction ends: together they may be no more than could be sent as updates. */
    void made(long bytes) {
        made += bytes;
        if (made > largest) {
            throw new FhirException(Problem.TOO_LARGE, "the patches of the transaction come to more than " + largest + " bytes of resources: divide them among several");
        }
    }

    /** Refuses a result that could not be sent as an update either, before it is made. */
    void requireRoom(long size) {
        if (size > largest) {
            throw new FhirException(Problem.TOO_LARGE, "the patch makes the resource larger than " + largest + " bytes");
        }
    }
}
