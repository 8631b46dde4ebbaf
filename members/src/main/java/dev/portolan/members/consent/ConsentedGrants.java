package dev.portolan.members.consent;

import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.identity.token.AccessToken;
import dev.portolan.members.consent.Exit.Api;
import dev.portolan.store.Grant;
import java.time.Clock;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A grant, narrowed to what its members allow. Grants over everyone are the plan's own and stay as they are; panels are narrowed where they are made, member by member, and here by what the plan's policy withholds of everybody. Of several members, what one of
 * them holds back is withheld from the whole grant.
 */
public final class ConsentedGrants {

    private final ConsentEngine engine;
    private final Clock clock;

    public ConsentedGrants(ConsentEngine engine, Clock clock) {
        this.engine = engine;
        this.clock = clock;
    }

    public Grant of(Grant grant, AccessToken token, Api api) {
        if (grant.members() instanceof Grant.Members.Panel) {
            return withholding(grant, SensitiveCategory.securityLabels(engine.withheldBy(api)));
        }
        if (!(grant.members() instanceof Grant.Members.Only only) || only.patientIds().isEmpty()) {
            return grant;
        }
        Exit exit = new Exit(api, grant.purpose(), token.clientId(), token.relation(), token.withheld(), clock.instant());
        Map<String, Permission> permissions = engine.decide(exit, only.patientIds());
        Set<String> members = new TreeSet<>();
        Set<SensitiveCategory> withheld = EnumSet.noneOf(SensitiveCategory.class);
        Set<String> consents = new TreeSet<>(grant.consents());
        permissions.forEach((patient, permission) -> {
            consents.addAll(permission.decisions());
            // Also of who is out of reach: what is nobody's is read by type, and an app that is shut out must not see more of it than before.
            withheld.addAll(permission.withheld());
            if (permission.allowed()) {
                members.add(patient);
            }
        });
        Set<String> labels = labels(grant, SensitiveCategory.securityLabels(withheld));
        return new Grant(grant.id(), grant.app(), grant.user(), grant.purpose(), new Grant.Members.Only(Set.copyOf(members)), grant.rules(), Set.copyOf(labels), Set.copyOf(consents), grant.scopes(),
            grant.relation());
    }

    private static Grant withholding(Grant grant, Set<String> more) {
        return new Grant(grant.id(), grant.app(), grant.user(), grant.purpose(), grant.members(), grant.rules(), labels(grant, more), grant.consents(), grant.scopes(), grant.relation());
    }

    private static Set<String> labels(Grant grant, Set<String> more) {
        Set<String> labels = new TreeSet<>(more);
        labels.addAll(grant.withheldLabels());
        return labels;
    }
}
