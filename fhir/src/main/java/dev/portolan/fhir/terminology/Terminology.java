package dev.portolan.fhir.terminology;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Answers about codes. An empty answer means that it is not known; a code or an address that does not exist is not known either. */
public interface Terminology {

    /** All codes of a value set, if they can all be had and are not more than a search can use. The address may end in {@code |version}. */
    Optional<Set<Coding>> expand(String valueSet);

    /** A code and all that is beneath it. */
    Optional<Set<Coding>> descendants(String system, String code);

    /** A code and all that is above it. */
    Optional<Set<Coding>> ancestors(String system, String code);

    /** Whether a value set has a code; without a system, whether it has it from any. */
    Membership contains(String valueSet, @Nullable String system, String code);

    /** Whether a code system has a code. */
    Membership has(String system, String code);

    /** True if there is a value set at this address. */
    boolean knowsValueSet(String valueSet);

    /** True if the codes of this system are known, all of them or some. */
    boolean knowsCodeSystem(String system);

    /**
     * A page of an expansion.
     *
     * @param filter text that display or code must contain, or null
     * @param activeOnly without codes that are no longer to be used
     */
    Optional<Expansion> expansion(String valueSet, @Nullable String filter, boolean activeOnly, int offset, int count);

    /** The version of the value set that is at this address; empty if there is none, or it does not say. */
    Optional<String> valueSetVersion(String valueSet);

    /** The version of the content by which codes of this system are judged; empty if there is none, or it does not say. */
    Optional<String> codeSystemVersion(String system);

    /** What people call a code system; empty if it is not known. */
    Optional<String> codeSystemTitle(String system);

    /** What a code is called in a value set and in its own system, the preferred name first; empty if that is not known. */
    List<String> names(@Nullable String valueSet, Coding coding);

    /** A code with its texts. */
    Optional<Concept> lookup(String system, String code);

    /** Whether the first code is the second one or above it. */
    Membership subsumes(String system, String codeA, String codeB);

    /** True if there is a concept map at this address. */
    boolean knowsConceptMap(String conceptMap);

    /**
     * True if a concept map has to do with the codes of a system, and of a target system if one is named: what it does not translate then has no translation.
     *
     * @param reverse whether the system is the one that is mapped to, and the target system the one that is mapped from
     */
    boolean mapsFrom(String system, @Nullable String targetSystem, boolean reverse);

    /**
     * What the concept maps make of a code; with a map's address only that one. Empty if no map of the packages covers the code.
     *
     * @param reverse whether to look for the codes that are mapped to this one
     */
    List<Translation> translate(@Nullable String conceptMap, Coding source, @Nullable String targetSystem, boolean reverse);
}
