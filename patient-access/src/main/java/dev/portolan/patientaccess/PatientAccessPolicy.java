package dev.portolan.patientaccess;

import dev.portolan.rest.GrantResolver;
import dev.portolan.store.Grant;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the plan shows and what it does not, beyond what a member's consent decides.
 *
 * @param showDrugAuthorizations whether prior authorizations of drugs are shown: the rule leaves them out (42 CFR 422.119(b)(1)(v)), the next one may not
 */
public record PatientAccessPolicy(boolean showDrugAuthorizations) {

    /** As the rule stands. */
    public static final PatientAccessPolicy DEFAULT = new PatientAccessPolicy(false);

    /** Security label of a prior authorization of a drug, {@code system|code}; a feed puts it there. */
    public static final String DRUG_AUTHORIZATION = "https://portolan.dev/fhir/CodeSystem/labels|drug-prior-authorization";

    /** The same grants, less what this policy withholds: for such a grant it does not exist, in a read, a search, an include and a total alike. */
    public GrantResolver guard(GrantResolver grants) {
        return grants.narrowed(this::narrowed);
    }

    private Grant narrowed(Grant grant) {
        Set<String> withheld = new TreeSet<>(grant.withheldLabels());
        if (!showDrugAuthorizations) {
            withheld.add(DRUG_AUTHORIZATION);
        }
        return new Grant(grant.id(), grant.app(), grant.user(), grant.purpose(), grant.members(), grant.rules(), withheld, grant.consents(), grant.scopes(), grant.relation());
    }
}
