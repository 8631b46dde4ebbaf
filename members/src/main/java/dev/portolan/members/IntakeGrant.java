package dev.portolan.members;

import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The right of a feed: it writes what the plan delivers about all its members, and looks up what it needs for that. It deletes nothing (US Core: entered-in-error instead). */
public final class IntakeGrant {

    private IntakeGrant() {}

    /** @param feed the feed's name; the audit trail shows it as the app */
    public static Grant of(String feed) {
        Grant.Rule rule = new Grant.Rule(EnumSet.of(Interaction.CREATE, Interaction.READ, Interaction.UPDATE, Interaction.SEARCH), List.of());
        return new Grant("intake-" + feed, feed, null, Purpose.ADMINISTRATION, new Grant.Members.Everyone(), Map.of("*", rule), Set.of(), Set.of());
    }
}
