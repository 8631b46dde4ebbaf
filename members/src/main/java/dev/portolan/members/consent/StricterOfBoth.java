package dev.portolan.members.consent;

import dev.portolan.members.consent.Preference.Decision;
import dev.portolan.members.consent.Preference.Kind;
import dev.portolan.members.consent.Preferences.Standing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The decisions that hold for a member whose record holds another's too. What either of the two forbade stays forbidden, and what only one of them allowed beyond the ordinary is not, until the survivor
 * decides about the same again: what is said after the merge is about both.
 */
final class StricterOfBoth {

    private StricterOfBoth() {}

    /** By the member who was asked for. */
    static Map<String, List<Preference>> of(List<Standing> standing) {
        Map<String, List<Preference>> decided = new HashMap<>();
        for (Standing one : standing) {
            if (one.mergedAt() == null) {
                decided.computeIfAbsent(one.about(), patient -> new ArrayList<>()).add(one.preference());
            } else if (isAfter(one)) {
                decided.computeIfAbsent(one.about(), patient -> new ArrayList<>()).add(one.preference());
            } else if (!isDecidedAnew(one, standing) && !isOptIn(one.preference())) {
                decided.computeIfAbsent(one.about(), patient -> new ArrayList<>()).add(ordinary(one.preference()));
            }
        }
        return decided;
    }

    private static boolean isOwn(Standing one) {
        return one.preference().patient().equals(one.about());
    }

    private static boolean isAfter(Standing one) {
        return isOwn(one) && one.mergedAt() != null && one.preference().recordedAt().isAfter(one.mergedAt());
    }

    private static boolean isDecidedAnew(Standing earlier, List<Standing> standing) {
        return !isOwn(earlier) && standing.stream().anyMatch(one -> isOwn(one) && one.about().equals(earlier.about()) && one.preference().kind() == earlier.preference().kind()
            && one.preference().app().equals(earlier.preference().app()) && earlier.mergedAt() != null && one.preference().recordedAt().isAfter(earlier.mergedAt())
            && one.preference().recordedAt().isAfter(earlier.preference().recordedAt()));
    }

    private static boolean isOptIn(Preference preference) {
        return preference.kind() == Kind.PAYER_TO_PAYER && preference.decision() == Decision.PERMIT;
    }

    /** Without what was given beyond the ordinary: that was said of one record. */
    private static Preference ordinary(Preference preference) {
        return preference.decision() == Decision.DENY ? preference : preference.withoutCategories();
    }
}
