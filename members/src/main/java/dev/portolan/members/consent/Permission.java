package dev.portolan.members.consent;

import dev.portolan.identity.scope.SensitiveCategory;
import java.util.List;
import java.util.Set;

/**
 * What a member's decisions come to for one exit.
 *
 * @param allowed whether anything may leave
 * @param withheld what may not leave with it
 * @param decisions ids of the member's decisions that this rests on, for the audit trail
 */
public record Permission(boolean allowed, Set<SensitiveCategory> withheld, List<String> decisions) {

    public Permission {
        withheld = Set.copyOf(withheld);
        decisions = List.copyOf(decisions);
    }
}
