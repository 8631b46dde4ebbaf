package dev.portolan.store;

import java.util.List;

/** Where a search of one type starts: what leads to the rows that its conditions then filter. Storage facts behind the choices: docs/architecture.md, "Storage". */
sealed interface Driver {

    /** One member's rows, in order by the index on (member, type, rid). */
    record OneMember(long key) implements Driver {}

    /** Some members' rows, one member after the other. */
    record SomeMembers(long[] keys) implements Driver {}

    /** Every member's rows, one member after the other: what is left if nothing better is known. */
    record AllMembers() implements Driver {}

    /** Nobody's rows and those of a panel's members, one member after the other. */
    record Panel(String id) implements Driver {}

    /** Rows whose {@code self} is known. */
    record Selves(long[] hashes) implements Driver {}

    /** Value rows of tokens, references, uris or exact strings. */
    record Tokens(long[] hashes) implements Driver {}

    /** Value rows of strings that start so: normalized and cut. */
    record Texts(short type, short parameter, List<String> prefixes) implements Driver {}

    /** Rows by the time of their last change. */
    record Updated() implements Driver {}
}
