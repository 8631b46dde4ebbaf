package dev.portolan.bulkdata;

import dev.portolan.bulkdata.AssociatedProvenance.Wanted;
import dev.portolan.bulkdata.ExportPolicy.Place;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.OperationRequest;
import dev.portolan.rest.Problem;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads and checks a kick-off: what is wrong is said before the 202 (Bulk Data Access 2.0, Bulk Data Kick-off Request). */
final class OrderReader {

    private static final String ASSOCIATED = "includeAssociatedData";
    private static final Map<String, Wanted> PROVENANCE = Map.of("LatestProvenanceResources", Wanted.LATEST, "RelevantProvenanceResources", Wanted.RELEVANT);
    private static final Set<String> FORMATS = Set.of("application/fhir+ndjson", "application/ndjson", "ndjson");
    private static final Set<String> KNOWN = Set.of("_outputFormat", "_since", "_until", "_type", "_typeFilter", "_elements", "patient", ASSOCIATED);
    /** Of the guide, and not supported: said so rather than passed over. */
    private static final Set<String> UNSUPPORTED = Set.of("organizeOutputBy", "allowPartialManifests");
    private static final List<String> LISTS = List.of("_type", "_elements", ASSOCIATED);
    private static final List<String> ONCE = List.of("_outputFormat", "_since", "_until");
    private static final String PATIENT = "Patient/";

    private final Set<String> allTypes;

    /** @param allTypes R4's resource types */
    OrderReader(Set<String> allTypes) {
        this.allTypes = allTypes;
    }

    /**
     * @param order without its panel
     * @param patients ids of the patients asked for; null for all
     */
    record Read(Export.Order order, @Nullable List<String> patients) {}

    /**
     * @param also names of parameters that the caller knows beside those of exports
     * @param passesOver whether what is no reference to a Patient is passed over and remarked rather than refused
     */
    Read read(OperationRequest request, Place place, Set<String> also, boolean passesOver) {
        boolean lenient = checkHeaders(request);
        AskedParameters asked = AskedParameters.of(request);
        List<String> ignored = new ArrayList<>();
        for (String name : asked.names()) {
            if (!KNOWN.contains(name) && !also.contains(name)) {
                if (!lenient) {
                    throw new FhirException(Problem.UNSUPPORTED_PARAMETER, UNSUPPORTED.contains(name) ? name + " is not supported: leave it out, or send Prefer: handling=lenient"
                        : "$export has no parameter " + quoted(name) + ": leave it out, or send Prefer: handling=lenient");
                }
                ignored.add("The parameter " + quoted(name) + " was ignored.");
            }
        }
        checkCounts(asked);
        String format = asked.first("_outputFormat");
        if (format != null && !FORMATS.contains(format.replace(' ', '+').toLowerCase(Locale.ROOT))) {
            throw new FhirException(Problem.BAD_PARAMETER, "_outputFormat is one of " + String.join(", ", new TreeSet<>(FORMATS)));
        }
        List<String> filters = TypeFilters.split(asked.each("_typeFilter"));
        Wanted wanted = provenance(asked, lenient, ignored);
        Set<String> types = types(request.view().grant(), request, withProvenance(asked.list("_type"), wanted), lenient, ignored);
        Wanted provenance = checked(wanted, types, lenient, ignored);
        List<String> patients = patients(request, asked, place, passesOver ? ignored : null);
        Export.Order order = new Export.Order(place, place == Place.GROUP ? request.id() : null, request.url(), types, filters, elements(asked), instant(asked, "_since"), instant(asked, "_until"), provenance, ignored);
        return new Read(order, patients);
    }

    /** An empty list narrows nothing, and would be answered with everything; of two instants one would be passed over. */
    private static void checkCounts(AskedParameters asked) {
        for (String name : LISTS) {
            if (asked.names().contains(name) && asked.list(name).isEmpty()) {
                throw new FhirException(Problem.BAD_PARAMETER, name + " is empty: name what is wanted, or leave it out");
            }
        }
        for (String name : ONCE) {
            if (asked.each(name).size() > 1) {
                throw new FhirException(Problem.BAD_PARAMETER, name + " is given once");
            }
        }
    }

    /** Of several that were asked for the one that gives the most (Bulk Data Access 2.0, Query Parameters). */
    private static Wanted provenance(AskedParameters asked, boolean lenient, List<String> ignored) {
        Wanted most = Wanted.UNASKED;
        for (String value : asked.list(ASSOCIATED)) {
            Wanted known = PROVENANCE.get(value);
            if (known != null) {
                most = known.compareTo(most) > 0 ? known : most;
            } else if (lenient) {
                ignored.add("The value " + quoted(value) + " of " + ASSOCIATED + " was ignored.");
            } else {
                throw new FhirException(Problem.BAD_PARAMETER, ASSOCIATED + " is one of " + String.join(", ", new TreeSet<>(PROVENANCE.keySet())) + " here");
            }
        }
        return most;
    }

    private static Wanted checked(Wanted provenance, Set<String> types, boolean lenient, List<String> ignored) {
        if (provenance == Wanted.UNASKED) {
            return provenance;
        }
        if (types.equals(Set.of(AssociatedProvenance.TYPE))) {
            throw new FhirException(Problem.BAD_PARAMETER, ASSOCIATED + " asks for the Provenance of what is exported: name the types that it is to be about in _type");
        }
        if (types.contains(AssociatedProvenance.TYPE)) {
            return provenance;
        }
        if (!lenient) {
            throw new FhirException(Problem.BAD_PARAMETER, ASSOCIATED + " asks for Provenance, which this access does not include");
        }
        ignored.add(ASSOCIATED + " was ignored: this access does not include Provenance.");
        return Wanted.UNASKED;
    }

    private static List<String> withProvenance(List<String> types, Wanted provenance) {
        if (types.isEmpty() || provenance == Wanted.UNASKED || types.contains(AssociatedProvenance.TYPE)) {
            return types;
        }
        List<String> all = new ArrayList<>(types);
        all.add(AssociatedProvenance.TYPE);
        return all;
    }

    private static boolean checkHeaders(OperationRequest request) {
        String prefer = request.header("Prefer");
        Set<String> preferences = new TreeSet<>();
        for (String part : prefer == null ? new String[0] : prefer.split("[,;]")) {
            preferences.add(part.strip().replace("\"", "").toLowerCase(Locale.ROOT));
        }
        if (!preferences.contains("respond-async")) {
            throw new FhirException(Problem.BAD_HEADER, "an export runs in the background: send the header Prefer: respond-async");
        }
        return preferences.contains("handling=lenient");
    }

    /** A caller's text in an answer: only what can be a name. */
    private static String quoted(String name) {
        return name.matches("[A-Za-z_-]{1,64}") ? name : "of this name";
    }

    private Set<String> types(Grant grant, OperationRequest request, List<String> asked, boolean lenient, List<String> ignored) {
        Set<String> offered = new TreeSet<>(request.base().types().isEmpty() ? allTypes : request.base().types());
        offered.removeIf(type -> !grant.allows(type, Interaction.READ));
        if (offered.isEmpty()) {
            throw new FhirException(Problem.FORBIDDEN, "this access includes reading no type of resource");
        }
        if (asked.isEmpty()) {
            return offered;
        }
        Set<String> types = new LinkedHashSet<>();
        for (String type : asked) {
            if (offered.contains(type)) {
                types.add(type);
            } else if (lenient) {
                ignored.add("The type " + quoted(type) + " was ignored: it is not known, or this access does not include it.");
            } else {
                throw new FhirException(Problem.BAD_PARAMETER, "_type names " + quoted(type) + ", which is not known here or not included in this access");
            }
        }
        if (types.isEmpty()) {
            throw new FhirException(Problem.BAD_PARAMETER, "_type names no type that can be exported");
        }
        return types;
    }

    private List<String> elements(AskedParameters asked) {
        List<String> elements = asked.list("_elements");
        for (String element : elements) {
            if (!element.matches("([A-Z][A-Za-z]+\\.)?[a-z][A-Za-z]*")) {
                throw new FhirException(Problem.BAD_PARAMETER, "_elements names elements at the root of a resource, such as code or Observation.code");
            }
        }
        return elements;
    }

    private static @Nullable Instant instant(AskedParameters asked, String name) {
        String text = asked.first(name);
        if (text == null) {
            return null;
        }
        try {
            // A plus sign of an offset that was not escaped arrives as a space.
            OffsetDateTime time = OffsetDateTime.parse(text.replace(' ', '+'));
            if (time.getYear() < 1 || time.getYear() > 9999) {
                throw new DateTimeException("no year of FHIR's"); // Java has years of nine digits, the database has not
            }
            return time.toInstant();
        } catch (DateTimeException e) {
            throw new FhirException(Problem.BAD_PARAMETER, name + " is an instant with a time zone, such as 2024-01-31T10:00:00Z (a plus sign as %2B)");
        }
    }

    /** @param ignored where it is remarked what is no reference to a Patient; null to refuse */
    private static @Nullable List<String> patients(OperationRequest request, AskedParameters asked, Place place, @Nullable List<String> ignored) {
        List<String> references = asked.each("patient");
        if (references.isEmpty()) {
            return null;
        }
        if (!request.method().equals("POST") || place == Place.SYSTEM) {
            throw new FhirException(Problem.BAD_PARAMETER, "patient is a parameter of exports of patients or of a group, started by POST");
        }
        Set<String> ids = new LinkedHashSet<>();
        for (int i = 0; i < references.size(); i++) {
            String reference = references.get(i);
            String local = reference.startsWith(request.baseUrl() + "/") ? reference.substring(request.baseUrl().length() + 1) : reference;
            if (local.matches("Patient/[A-Za-z0-9\\-.]{1,64}")) {
                ids.add(local.substring(PATIENT.length()));
            } else if (ignored == null) {
                throw new FhirException(Problem.BAD_REFERENCE, "patient is a reference to a Patient of this server, such as Patient/123");
            } else {
                ignored.add("The patient that stands at place " + (i + 1) + " was ignored: it is no reference to a Patient of this server, such as Patient/123.");
            }
        }
        return List.copyOf(ids);
    }
}
