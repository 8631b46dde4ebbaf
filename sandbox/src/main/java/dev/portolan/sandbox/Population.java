package dev.portolan.sandbox;

/**
 * Which synthetic people. The same values give the same people with the same ids.
 *
 * @param members living people; those who died on the way come on top
 * @param seed of everything random
 * @param state of the United States where they live
 * @param date the day that counts as today, as 20250101
 */
public record Population(int members, long seed, String state, String date) {

    public Population {
        if (members < 1 || members > 100_000) {
            throw new IllegalArgumentException("A population has 1 to 100000 members, not " + members);
        }
    }

    /** The people that every sandbox has. */
    public static Population of(int members) {
        return new Population(members, 42, "Massachusetts", "20250101");
    }

    String name() {
        return "%s-%s-%d-%d".formatted(state.replace(' ', '_'), date, seed, members);
    }
}
