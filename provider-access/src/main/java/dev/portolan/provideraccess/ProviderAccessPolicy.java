package dev.portolan.provideraccess;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.SearchParameters;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.fhir.search.SearchQueryParser;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.GrantResolver;
import dev.portolan.rest.Problem;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.RecordStore;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What of its patients' records a provider's system gets: reading and searching, of this base's types, services since the rule's date, without money. */
public final class ProviderAccessPolicy {

    /** Data with a date of service on or after this day is to be shared (42 CFR 422.121(a)(2) with 422.119(b)). */
    public static final LocalDate SINCE = LocalDate.of(2016, 1, 1);

    /** The search parameters that hold the date of a service. What says how a person is, rather than what was done when (conditions, allergies, immunizations), is given whatever its date. */
    private static final Map<String, String> SERVICE_DATES = new TreeMap<>(Map.of(
        "ExplanationOfBenefit", "service-date", "Encounter", "date", "Procedure", "date", "Observation", "date", "DiagnosticReport", "date", "MedicationDispense", "whenhandedover",
        "MedicationAdministration", "effective-time", "ImagingStudy", "started"));

    private final Map<String, List<List<Criterion>>> dated = new HashMap<>();
    private final GuardedSearches searches;
    private final FinancialRedaction redaction = new FinancialRedaction();

    /** Security label of a prior authorization of a drug, {@code system|code}; a feed puts it there. The rule leaves these out (42 CFR 422.121(a)(2)(i)(B)). */
    private static final String DRUG_AUTHORIZATION = "https://portolan.dev/fhir/CodeSystem/labels|drug-prior-authorization";

    /** @param parameters those that are defined: without CARIN's package claims have no date to go by, and are given */
    public ProviderAccessPolicy(SearchQueryParser parser, SearchParameters parameters) {
        this.searches = new GuardedSearches(parser);
        SERVICE_DATES.forEach((type, parameter) -> parameters.find(type, parameter).ifPresent(known -> dated.put(type, List.of(
            parser.parse(List.of(type), List.of(new RawParameter(parameter, "ge" + SINCE)), Set.of(), true).criteria(),
            parser.parse(List.of(type), List.of(new RawParameter(parameter + ":missing", "true")), Set.of(), true).criteria()))));
    }

    /** Searches that tell nothing of what is not given. */
    public SearchQueryParser searches() {
        return searches;
    }

    /** The records as they are given. */
    public RecordStore records(RecordStore whole) {
        return new RedactedRecords(whole, redaction);
    }

    GuardedSearches guarded() {
        return searches;
    }

    FinancialRedaction redaction() {
        return redaction;
    }

    public GrantResolver guard(GrantResolver grants) {
        return grants.narrowed(this::narrow);
    }

    /**
     * The grant as it holds at this base.
     *
     * @throws FhirException if it is a person's: members read their own at the Patient Access API
     */
    public Grant narrow(Grant grant) {
        if (grant.members() instanceof Grant.Members.Only) {
            throw new FhirException(Problem.FORBIDDEN, "this API is for providers' systems: use a token of the client_credentials grant with system scopes (SMART Backend Services)");
        }
        Map<String, Grant.Rule> rules = new HashMap<>();
        for (String type : ProviderAccess.TYPES) {
            Grant.Rule rule = grant.rule(type);
            if (rule != null) {
                rules.put(type, narrow(type, rule));
            }
        }
        Set<String> withheld = new TreeSet<>(grant.withheldLabels());
        withheld.add(DRUG_AUTHORIZATION);
        return new Grant(grant.id(), grant.app(), grant.user(), grant.purpose(), grant.members(), Map.copyOf(rules), withheld, grant.consents(), grant.scopes(), grant.relation());
    }

    private Grant.Rule narrow(String type, Grant.Rule rule) {
        Map<Interaction, Grant.Extent> extents = new HashMap<>();
        // A list is changed by operations, which ask for the right to it; nothing else is.
        for (Interaction interaction : type.equals("Group") ? List.of(Interaction.READ, Interaction.SEARCH, Interaction.UPDATE) : List.of(Interaction.READ, Interaction.SEARCH)) {
            Grant.Extent extent = rule.extent(interaction);
            if (extent != null) {
                Grant.Extent discreet = new Grant.Extent(extent.anyOf().stream().filter(all -> !searches.tell(type, all)).toList());
                extents.put(interaction, dated.containsKey(type) ? both(discreet, dated.get(type)) : discreet);
            }
        }
        return new Grant.Rule(extents);
    }

    private static Grant.Extent both(Grant.Extent extent, List<List<Criterion>> dates) {
        List<List<Criterion>> anyOf = new ArrayList<>();
        for (List<Criterion> own : extent.anyOf()) {
            for (List<Criterion> date : dates) {
                List<Criterion> all = new ArrayList<>(own);
                all.addAll(date);
                anyOf.add(List.copyOf(all));
            }
        }
        return new Grant.Extent(anyOf);
    }
}
