package dev.portolan.members.merge;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether two Patients may be one person: the same facts give the same answer, in whichever order they are asked, with the reasons in words. The answer is for a person to judge, never to act on.
 *
 * <p>Contradictions come first: other social security digits, or another gender, or another birth date without all else being alike, is another person. So twins, a parent and child of one name, and
 * members of one family who share a subscriber's number are not offered.
 */
final class MatchRules {

    private MatchRules() {}

    /** How sure it is. */
    enum Grade {
        STRONG,
        POSSIBLE
    }

    /** @param reasons what agrees and what does not, for staff */
    record Verdict(Grade grade, List<String> reasons) {}

    /** Null if they are taken for two people. */
    static @Nullable Verdict judge(PersonFacts one, PersonFacts other) {
        if (one.patient().equals(other.patient()) || differ(one.ssn(), other.ssn()) || one.gender() != null && other.gender() != null && !one.gender().equals(other.gender())) {
            return null;
        }
        List<String> reasons = new ArrayList<>();
        boolean identifier = common(one.identifiers(), other.identifiers(), "the same identifier", reasons);
        boolean born = one.born() != null && one.born().equals(other.born());
        if (born) {
            reasons.add("the same birth date");
        }
        boolean family = common(one.families(), other.families(), "the same family name", reasons);
        boolean given = common(one.given(), other.given(), "the same given name", reasons);
        boolean support = common(one.ssn(), other.ssn(), "the same last four digits of the social security number", reasons);
        support |= common(one.phones(), other.phones(), "the same telephone number", reasons);
        support |= common(one.homes(), other.homes(), "the same address", reasons);
        Grade grade = grade(identifier, born, family, given, support, one.born(), other.born());
        if (grade == null) {
            return null;
        }
        if (!born) {
            reasons.add("birth dates " + (one.born() == null || other.born() == null ? "are not both known" : "differ by one digit, or in the order of day and month"));
        }
        if (!family) {
            reasons.add("another family name");
        }
        return new Verdict(grade, List.copyOf(reasons));
    }

    private static @Nullable Grade grade(boolean identifier, boolean born, boolean family, boolean given, boolean support, @Nullable String bornOne, @Nullable String bornOther) {
        if (!given) {
            return null;
        }
        if (born) {
            if (identifier || family && support) {
                return Grade.STRONG;
            }
            return family || support ? Grade.POSSIBLE : null;
        }
        boolean nearly = bornOne == null || bornOther == null || mistyped(bornOne, bornOther);
        return nearly && family && (identifier || support) ? Grade.POSSIBLE : null;
    }

    private static boolean common(Set<String> one, Set<String> other, String reason, List<String> reasons) {
        boolean common = !Collections.disjoint(one, other);
        if (common) {
            reasons.add(reason);
        }
        return common;
    }

    private static boolean differ(Set<String> one, Set<String> other) {
        return !one.isEmpty() && !other.isEmpty() && Collections.disjoint(one, other);
    }

    /** One wrong digit, or day and month in the other's order. */
    static boolean mistyped(String one, String other) {
        int wrong = 0;
        for (int i = 0; i < one.length(); i++) {
            wrong += one.charAt(i) == other.charAt(i) ? 0 : 1;
        }
        String swapped = one.substring(0, 5) + one.substring(8) + "-" + one.substring(5, 7);
        return wrong == 1 || swapped.equals(other);
    }
}
