package dev.portolan.compliance;

import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.AuditEvents;
import dev.portolan.audit.TrailFilter;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.rest.FhirDate;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.Problem;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A search for AuditEvents, read. All that is asked for holds; what cannot be answered just so is refused, since who searches a log must take neither more nor nothing for the answer. */
final class AskedEvents {

    /** Most ids of one search: each is looked up by itself. */
    private static final int MOST_IDS = 100;
    private static final String DCM = "http://dicom.nema.org/resources/ontology/DCM";
    private static final String EVENT_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type";
    private static final String ACTION = "http://hl7.org/fhir/audit-event-action";
    private static final String OUTCOME = "http://hl7.org/fhir/audit-event-outcome";
    private static final String JTI = "urn:ietf:params:oauth:jti:";
    private static final String PATIENT = "Patient/";
    private static final Set<String> RECORDS_OF_THE_TRAIL = Set.of(AuditEntry.IDENTITY, AuditEntry.AUDIT);
    private static final Set<String> EXPORTED = Set.of(AuditEvents.EXPORTED_FILE);

    private final Set<String> given = new HashSet<>();
    private final Set<String> members = new HashSet<>();
    private final Set<Integer> status = new HashSet<>();
    private final Set<String> ids = new LinkedHashSet<>();
    /** Null and not empty while all are asked for. */
    private @Nullable Set<String> apis;
    private @Nullable Set<String> operations;
    private Set<String> notApis = Set.of();
    private Set<String> notOperations = Set.of();
    private @Nullable Instant from;
    private @Nullable Instant to;
    private @Nullable String agent;
    private @Nullable String resource;
    private @Nullable String policy;
    private boolean aboutMembers;
    private boolean nothing;

    private AskedEvents() {}

    static AskedEvents of(List<RawParameter> parameters) {
        AskedEvents asked = new AskedEvents();
        parameters.forEach(asked::take);
        if (!asked.ids.isEmpty() && asked.given.size() > 1) {
            throw new FhirException(Problem.UNSUPPORTED_PARAMETER, "_id stands alone here");
        }
        return asked;
    }

    /** Whether there can be none. */
    boolean isNothing() {
        return nothing;
    }

    /** Those that are asked for by their ids; empty if it is asked in another way. */
    Set<String> ids() {
        return ids;
    }

    TrailFilter filter() {
        return new TrailFilter(members, from, to, null, null, agent, status, apis == null ? Set.of() : apis, notApis, operations == null ? Set.of() : operations, notOperations, resource, null, policy, aboutMembers);
    }

    private void take(RawParameter parameter) {
        String name = parameter.name();
        String value = parameter.value();
        if (!given.add(name.split(":", 2)[0]) && !name.equals("date")) {
            throw new FhirException(Problem.UNSUPPORTED_PARAMETER, name + " can be given once; several values of which any does are separated by commas");
        }
        switch (name) {
            case "date" -> date(value);
            case "patient", "patient:Patient" -> patients(value);
            case "entity" -> entity(value);
            case "entity:Patient" -> patients(value);
            case "agent", "agent:identifier" -> agent = code(single(name, value));
            case "action" -> action(value);
            case "outcome" -> outcome(value);
            case "type" -> type(single(name, value));
            case "entity-type" -> entityType(single(name, value));
            case "source", "source:identifier" -> onlyApis(new HashSet<>(values(value).stream().map(AskedEvents::code).toList()));
            case "policy" -> policy = single(name, value.startsWith(JTI) ? value.substring(JTI.length()) : value);
            case "_id" -> ids(value);
            default -> throw new FhirException(Problem.UNSUPPORTED_PARAMETER, "this modifier is not supported: " + name);
        }
    }

    private static List<String> values(String value) {
        return Arrays.asList(value.split(","));
    }

    private static String single(String name, String value) {
        if (value.indexOf(',') >= 0) {
            throw new FhirException(Problem.UNSUPPORTED_PARAMETER, name + " takes one value here");
        }
        return value;
    }

    private static String code(String value) {
        return value.substring(value.indexOf('|') + 1);
    }

    /** Whether a token's value, which may leave its system out, is of a system. */
    private static boolean isOf(String value, String system) {
        return value.indexOf('|') < 0 || value.startsWith(system + "|");
    }

    private void patients(String value) {
        if (!members.isEmpty()) {
            throw new FhirException(Problem.UNSUPPORTED_PARAMETER, "a Patient is asked for by patient or by entity, once");
        }
        for (String each : values(value)) {
            int slash = each.lastIndexOf('/');
            if (slash < 0 || ("/" + each.substring(0, slash + 1)).endsWith("/" + PATIENT)) {
                members.add(each.substring(slash + 1));
            }
        }
        nothing |= members.isEmpty();
    }

    private void entity(String value) {
        int slash = value.lastIndexOf('/');
        if (slash < 0) {
            throw new FhirException(Problem.BAD_PARAMETER, "entity is a reference with its type, as in entity=Patient/1");
        }
        String local = value.substring(value.lastIndexOf('/', slash - 1) + 1);
        if (local.startsWith(PATIENT)) {
            patients(single("entity", value));
        } else {
            resource = single("entity", local);
        }
    }

    private void ids(String value) {
        ids.addAll(values(value));
        if (ids.size() > MOST_IDS) {
            throw new FhirException(Problem.BAD_PARAMETER, "_id takes " + MOST_IDS + " ids at most");
        }
    }

    private void date(String value) {
        boolean prefixed = value.length() > 2 && Character.isLetter(value.charAt(0));
        String prefix = prefixed ? value.substring(0, 2) : "eq";
        FhirDate date = FhirDate.of("date", prefixed ? value.substring(2) : value);
        switch (prefix) {
            case "eq" -> {
                after(date.low());
                before(date.high() + 1);
            }
            case "ge" -> after(date.low());
            case "gt", "sa" -> after(date.high() + 1);
            case "le" -> before(date.high() + 1);
            case "lt", "eb" -> before(date.low());
            default -> throw new FhirException(Problem.UNSUPPORTED_PARAMETER, "date takes the prefixes eq, ge, gt, sa, le, lt and eb here");
        }
    }

    private void after(long millis) {
        Instant at = Instant.ofEpochMilli(millis);
        from = from == null || from.isBefore(at) ? at : from;
    }

    private void before(long millis) {
        Instant at = Instant.ofEpochMilli(millis);
        to = to == null || to.isAfter(at) ? at : to;
    }

    private void action(String value) {
        Set<String> any = new HashSet<>();
        for (String each : values(value)) {
            Set<String> some = AuditEvents.operations(code(each));
            if (some.isEmpty()) {
                throw new FhirException(Problem.UNSUPPORTED_PARAMETER, "action is searched by C, R, U and D here; leave it out for everything, E included");
            }
            any.addAll(isOf(each, ACTION) ? some : Set.of());
        }
        onlyOperations(any);
    }

    private void outcome(String value) {
        for (String each : values(value)) {
            switch (code(each)) {
                case "0", "4", "8" -> status.addAll(!isOf(each, OUTCOME) ? Set.of() : Set.of(code(each).equals("0") ? 2 : code(each).equals("4") ? 4 : 5));
                case "12" -> {
                    // no entry is a major failure: of those the trail itself would know nothing
                }
                default -> throw new FhirException(Problem.BAD_PARAMETER, "outcome is one of 0, 4, 8 and 12");
            }
        }
        nothing |= status.isEmpty();
    }

    private void type(String value) {
        String code = code(value);
        nothing |= !isOf(value, code.equals("rest") ? EVENT_TYPE : DCM);
        switch (code) {
            case "rest" -> {
                notApis = RECORDS_OF_THE_TRAIL;
                notOperations = EXPORTED;
            }
            case "110114" -> {
                onlyApis(Set.of(AuditEntry.IDENTITY));
                onlyOperations(AuditEvents.AUTHENTICATIONS);
            }
            case "110113" -> {
                onlyApis(Set.of(AuditEntry.IDENTITY));
                notOperations = AuditEvents.AUTHENTICATIONS;
            }
            case "110101" -> onlyApis(Set.of(AuditEntry.AUDIT));
            case "110106" -> onlyOperations(EXPORTED);
            default -> nothing = true;
        }
    }

    private void entityType(String value) {
        switch (code(value)) {
            case "1" -> aboutMembers = true;
            case "XrequestId" -> {
                // every entry has a request
            }
            case "2" -> throw new FhirException(Problem.UNSUPPORTED_PARAMETER, "entity-type is searched by 1 (persons) and XrequestId here");
            default -> nothing = true;
        }
    }

    private void onlyApis(Set<String> any) {
        apis = both(apis, any);
    }

    private void onlyOperations(Set<String> any) {
        operations = both(operations, any);
    }

    private Set<String> both(@Nullable Set<String> before, Set<String> more) {
        Set<String> left = new HashSet<>(more);
        if (before != null) {
            left.retainAll(before);
        }
        nothing |= left.isEmpty();
        return left;
    }
}
