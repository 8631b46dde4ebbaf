package dev.portolan.members.consent;

import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.members.consent.Exit.Api;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * What holds where the member decided nothing: the plan's reading of federal and state law.
 *
 * @param withheld for each API what does not leave by it unless the member says so
 * @param majority from which age on a parent or guardian acts for a member no longer
 * @param minorPrivacy from which age on a minor's sensitive data is not shown to a parent or guardian (minors consent to such care themselves)
 */
public record ConsentPolicy(Map<Api, Set<SensitiveCategory>> withheld, int majority, int minorPrivacy) {

    /** Substance use needs the member's written consent to leave (42 CFR 2.31), and another payer gets nothing sensitive unless the member opted in to that (HRex Consent, {@code #regular}). */
    public static final ConsentPolicy DEFAULT = new ConsentPolicy(
        Map.of(Api.PROVIDER_ACCESS, Set.of(SensitiveCategory.SUBSTANCE_USE), Api.PAYER_TO_PAYER, EnumSet.allOf(SensitiveCategory.class)), 18, 12);

    public ConsentPolicy {
        withheld = Map.copyOf(withheld);
        if (minorPrivacy < 0 || minorPrivacy > majority || majority > 21) {
            throw new IllegalArgumentException("the age of majority is at most 21, and the age of privacy for minors at most that of majority");
        }
    }

    Set<SensitiveCategory> withheldBy(Api api) {
        return withheld.getOrDefault(api, Set.of());
    }
}
