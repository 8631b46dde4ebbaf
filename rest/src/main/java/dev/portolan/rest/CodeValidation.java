package dev.portolan.rest;

import dev.portolan.fhir.terminology.Coding;
import dev.portolan.fhir.terminology.Concept;
import dev.portolan.fhir.terminology.Membership;
import dev.portolan.fhir.terminology.Terminology;
import dev.portolan.rest.TerminologyInput.CodingAsked;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code $validate-code} (R4, OperationDefinitions ValueSet-validate-code and CodeSystem-validate-code): whether a code, with all that is said of it, is one of a value set or a code system. */
final class CodeValidation {

    private final Terminology terminology;
    private final TerminologyInput input;
    private final boolean codeSystem;
    private final String url;
    private final boolean abstractAllowed;

    CodeValidation(Terminology terminology, TerminologyInput input, boolean codeSystem) {
        this.terminology = terminology;
        this.input = input;
        this.codeSystem = codeSystem;
        this.url = codeSystem ? input.required("url") : input.canonical(input.required("url"), input.text("valueSetVersion"));
        this.abstractAllowed = input.flag("abstract", true);
    }

    /** @param message what is wrong, or what could not be checked */
    private record Verdict(Membership membership, String message, @Nullable String display) {

        static Verdict no(String message) {
            return new Verdict(Membership.NOT_IN, message, null);
        }
    }

    /** A concept is valid if one of its codings is. */
    byte[] answer() {
        Verdict best = null;
        for (CodingAsked coding : input.codings(codeSystem ? url : null, codeSystem ? "version" : "systemVersion")) {
            Verdict verdict = check(coding);
            boolean better = best == null || verdict.membership() == Membership.IN || verdict.membership() == Membership.UNKNOWN;
            best = better && (best == null || best.membership() != Membership.IN) ? verdict : best;
        }
        if (best == null || best.membership() == Membership.UNKNOWN) {
            throw new FhirException(Problem.NOT_FOUND, "the packages do not hold the content that says whether the code is in it");
        }
        ByteBuilder out = new ByteBuilder(256);
        out.ascii("{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"result\",\"valueBoolean\":").ascii(String.valueOf(best.membership() == Membership.IN)).ascii("}");
        if (!best.message().isEmpty()) {
            out.ascii(",{\"name\":\"message\",\"valueString\":").string(best.message()).ascii("}");
        }
        if (best.display() != null) {
            out.ascii(",{\"name\":\"display\",\"valueString\":").string(best.display()).ascii("}");
        }
        return out.ascii("]}").toBytes();
    }

    private Verdict check(CodingAsked asked) {
        if (asked.system() == null) {
            return Verdict.no("A code without a system has no defined meaning.");
        }
        if (codeSystem && !asked.system().equals(url) && !url.startsWith(asked.system() + "|")) {
            return Verdict.no("The code is of another system than url names.");
        }
        Membership found = codeSystem ? terminology.has(input.canonical(url, asked.version()), asked.code()) : inValueSet(asked, asked.system());
        if (found != Membership.IN) {
            return new Verdict(found, "The code is not in it.", null);
        }
        String system = codeSystem ? input.canonical(url, asked.version()) : asked.system();
        return details(asked, system);
    }

    private Membership inValueSet(CodingAsked asked, String system) {
        // A version is judged by itself or not at all: what another version has says nothing of it.
        int bar = url.indexOf('|');
        if (bar >= 0 && !same(terminology.valueSetVersion(url), url.substring(bar + 1)) || asked.version() != null && !same(terminology.codeSystemVersion(system), asked.version())) {
            return Membership.UNKNOWN;
        }
        return terminology.contains(url, system, asked.code());
    }

    /** A version may be given up to its leading parts, as canonical addresses have it. */
    static boolean same(Optional<String> held, String asked) {
        return held.isPresent() && (held.get().equals(asked) || held.get().startsWith(asked + "."));
    }

    /** What is said of a code that is in it: "If a display is provided", it is checked too, and "if this parameter [abstract] is false, abstract codes are not considered to be valid". */
    private Verdict details(CodingAsked asked, String system) {
        Optional<Concept> concept = terminology.lookup(system, asked.code());
        if (!abstractAllowed && concept.isPresent() && concept.get().notSelectable()) {
            return Verdict.no("The code is abstract: it groups others.");
        }
        List<String> names = terminology.names(codeSystem ? null : url, new Coding(system, asked.code()));
        String preferred = names.isEmpty() ? null : names.get(0);
        if (asked.display() != null && !names.isEmpty() && names.stream().noneMatch(name -> alike(name, asked.display()))) {
            return new Verdict(Membership.NOT_IN, "The display is not one of this code.", preferred);
        }
        List<String> unchecked = new ArrayList<>();
        if (asked.display() != null && names.isEmpty()) {
            unchecked.add("The display was not checked: the packages hold none of this code.");
        }
        if (!abstractAllowed && concept.isEmpty()) {
            unchecked.add("Whether the code is abstract was not checked: the packages do not hold its system.");
        }
        return new Verdict(Membership.IN, String.join(" ", unchecked), preferred);
    }

    /** "Whether displays are case sensitive is code system dependent", and no code system of the packages says that its are. */
    private static boolean alike(String one, String other) {
        return one.strip().replaceAll("\\s+", " ").equalsIgnoreCase(other.strip().replaceAll("\\s+", " "));
    }
}
