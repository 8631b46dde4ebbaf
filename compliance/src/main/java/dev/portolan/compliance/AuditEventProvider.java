package dev.portolan.compliance;

import ca.uhn.fhir.context.FhirContext;
import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.AuditEvents;
import dev.portolan.audit.RecordedEntry;
import dev.portolan.audit.TrailFilter;
import dev.portolan.audit.TrailReader;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.rest.FhirDate;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.Problem;
import dev.portolan.rest.TypeProvider;
import dev.portolan.store.Grant;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** FHIR AuditEvents: the trail as those with the scope may read it (AUD-07). Nothing is stored; an entry's id is its place in the trail. */
public final class AuditEventProvider implements TypeProvider {

    private static final String TYPE = "AuditEvent";
    private static final List<String> PARAMETERS = List.of("date", "patient", "entity", "agent", "action", "outcome", "type", "entity-type", "source", "policy");
    private static final String REST = "http://terminology.hl7.org/CodeSystem/audit-event-type";
    private static final Set<String> RECORDS_OF_THE_TRAIL = Set.of(AuditEntry.IDENTITY, AuditEntry.AUDIT);

    private final TrailReader reader;
    private final AuditEvents events;
    private final FhirContext fhir;
    private final Predicate<Grant> seesTheTrail;

    /**
     * @param seesTheTrail whether a grant is one of those who may read the whole trail. A right to AuditEvent alone is not: who reaches one member must not learn from the trail who else there is
     */
    public AuditEventProvider(TrailReader reader, AuditEvents events, FhirContext fhir, Predicate<Grant> seesTheTrail) {
        this.reader = reader;
        this.events = events;
        this.fhir = fhir;
        this.seesTheTrail = seesTheTrail;
    }

    @Override
    public String type() {
        return TYPE;
    }

    @Override
    public List<String> parameters() {
        return PARAMETERS;
    }

    @Override
    public @Nullable Found read(Grant grant, String id) {
        require(grant);
        return RecordedEntry.Name.of(id).flatMap(reader::find).map(this::found).orElse(null);
    }

    @Override
    public Page search(Grant grant, List<RawParameter> parameters, int count, @Nullable String cursor) {
        require(grant);
        RecordedEntry.Place after = cursor == null ? null
            : RecordedEntry.Place.ofCursor(cursor).orElseThrow(() -> new FhirException(Problem.BAD_PARAMETER, "this page link is none of this server's: start again from the first page"));
        Asked asked = new Asked();
        parameters.forEach(asked::take);
        if (asked.nothing) {
            return new Page(List.of(), null, OptionalLong.of(0));
        }
        if (asked.id != null) {
            List<Found> one = RecordedEntry.Name.of(asked.id).flatMap(reader::find).map(this::found).stream().toList();
            return new Page(one, null, OptionalLong.of(one.size()));
        }
        TrailReader.Page page = reader.find(asked.filter(), after, Math.max(1, count));
        List<Found> found = count == 0 ? List.of() : page.entries().stream().map(this::found).toList();
        return new Page(found, count == 0 || page.next() == null ? null : page.next().cursor(), OptionalLong.empty());
    }

    private void require(Grant grant) {
        if (!seesTheTrail.test(grant)) {
            throw new FhirException(Problem.FORBIDDEN, "AuditEvent is for auditors: a signed-in auditor with user/AuditEvent.rs, or a program of the plan's with system/AuditEvent.rs");
        }
    }

    private Found found(RecordedEntry recorded) {
        return new Found(recorded.place().id(), json(recorded));
    }

    private byte[] json(RecordedEntry recorded) {
        return fhir.newJsonParser().encodeResourceToString(events.of(recorded)).getBytes(StandardCharsets.UTF_8);
    }

    /** The parameters of one search, as they come; several of one name must all hold. */
    private static final class Asked {
        private final Set<String> members = new HashSet<>();
        private final Set<Integer> status = new HashSet<>();
        private final Set<String> apis = new HashSet<>();
        private final Set<String> operations = new HashSet<>();
        private Set<String> notApis = Set.of();
        private @Nullable Instant from;
        private @Nullable Instant to;
        private @Nullable String agent;
        private @Nullable String resource;
        private @Nullable String policy;
        private @Nullable String id;
        private boolean aboutMembers;
        private boolean nothing;

        void take(RawParameter parameter) {
            String name = parameter.name();
            String value = parameter.value();
            switch (name) {
                case "date" -> date(value);
                case "patient", "patient:Patient" -> members(value);
                case "entity", "entity:Patient" -> entity(name.equals("entity") ? value : "Patient/" + value);
                case "agent", "agent:identifier" -> agent = once(name, agent, code(value));
                case "action" -> action(value);
                case "outcome" -> outcome(value);
                case "type" -> type(value);
                case "entity-type" -> entityType(code(value));
                case "source", "source:identifier" -> apis.add(code(value));
                case "policy" -> policy = once(name, policy, value.startsWith("urn:ietf:params:oauth:jti:") ? value.substring("urn:ietf:params:oauth:jti:".length()) : value);
                case "_id" -> id = once(name, id, value);
                default -> throw new FhirException(Problem.UNSUPPORTED_PARAMETER, "this modifier is not supported: " + name);
            }
        }

        TrailFilter filter() {
            return new TrailFilter(members, from, to, null, null, agent, status, apis, notApis, operations, resource, null, policy, aboutMembers);
        }

        private static String once(String name, @Nullable String before, String value) {
            if (before != null && !before.equals(value)) {
                throw new FhirException(Problem.UNSUPPORTED_PARAMETER, name + " can be given once");
            }
            return value;
        }

        private static String code(String value) {
            return value.substring(value.indexOf('|') + 1);
        }

        private void members(String value) {
            for (String each : value.split(",")) {
                members.add(each.substring(each.lastIndexOf('/') + 1));
            }
        }

        private void entity(String value) {
            int slash = value.lastIndexOf('/');
            String local = slash < 0 ? value : value.substring(value.lastIndexOf('/', slash - 1) + 1);
            if (slash < 0) {
                throw new FhirException(Problem.BAD_PARAMETER, "entity is a reference with its type, as in entity=Patient/1");
            }
            if (local.startsWith("Patient/")) {
                members(value);
            } else {
                resource = once("entity", resource, local);
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
            for (String each : value.split(",")) {
                Set<String> some = AuditEvents.operations(code(each));
                if (some.isEmpty()) {
                    throw new FhirException(Problem.UNSUPPORTED_PARAMETER, "action is searched by C, R, U and D here; leave it out for everything, E included");
                }
                operations.addAll(some);
            }
        }

        private void outcome(String value) {
            for (String each : value.split(",")) {
                switch (code(each)) {
                    case "0" -> status.add(2);
                    case "4" -> status.add(4);
                    case "8" -> status.add(5);
                    case "12" -> nothing |= value.equals(each); // no entry is a major failure: of those the trail itself would know nothing
                    default -> throw new FhirException(Problem.BAD_PARAMETER, "outcome is one of 0, 4, 8 and 12");
                }
            }
        }

        private void type(String value) {
            switch (code(value)) {
                case "rest" -> {
                    nothing |= value.contains("|") && !value.startsWith(REST + "|");
                    notApis = RECORDS_OF_THE_TRAIL;
                }
                case "110114", "110113" -> apis.add(AuditEntry.IDENTITY);
                case "110101" -> apis.add(AuditEntry.AUDIT);
                case "110106" -> operations.add(AuditEvents.EXPORTED_FILE);
                default -> nothing = true;
            }
        }

        private void entityType(String code) {
            switch (code) {
                case "1" -> aboutMembers = true;
                case "2", "XrequestId" -> {
                    // every entry is about some object, or has a request
                }
                default -> nothing = true;
            }
        }
    }
}
