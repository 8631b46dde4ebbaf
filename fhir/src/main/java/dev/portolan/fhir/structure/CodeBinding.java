package dev.portolan.fhir.structure;

import dev.portolan.fhir.terminology.Coding;
import dev.portolan.fhir.terminology.Terminology;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A required binding of an element of type code to a value set of the base definitions. Its codes are read when the first one is checked. */
final class CodeBinding {

    private final Terminology terminology;
    private final String valueSet;
    private volatile @Nullable Optional<Set<String>> codes;

    CodeBinding(Terminology terminology, String valueSet) {
        this.terminology = terminology;
        this.valueSet = valueSet;
    }

    String valueSet() {
        return valueSet;
    }

    /** True also where the codes cannot be listed, as media types and languages. */
    boolean allows(String code) {
        Optional<Set<String>> known = codes;
        if (known == null) {
            known = terminology.expand(valueSet).map(set -> set.stream().map(Coding::code).collect(Collectors.toUnmodifiableSet()));
            codes = known;
        }
        return known.isEmpty() || known.get().contains(code);
    }
}
