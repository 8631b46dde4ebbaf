package dev.portolan.compliance;

import ca.uhn.fhir.context.FhirContext;
import dev.portolan.audit.AuditEvents;
import dev.portolan.audit.RecordedEntry;
import dev.portolan.audit.TrailReader;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.Problem;
import dev.portolan.rest.TypeProvider;
import dev.portolan.store.Grant;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** FHIR AuditEvents: the trail as those with the scope may read it (AUD-07). Nothing is stored; an entry's id is its place in the trail. */
public final class AuditEventProvider implements TypeProvider {

    private static final String TYPE = "AuditEvent";
    private static final List<String> PARAMETERS = List.of("date", "patient", "entity", "agent", "action", "outcome", "type", "entity-type", "source", "policy");

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
        AskedEvents asked = AskedEvents.of(parameters);
        if (asked.isNothing()) {
            return new Page(List.of(), null, OptionalLong.of(0));
        }
        if (!asked.ids().isEmpty()) {
            List<Found> some = asked.ids().stream().flatMap(id -> RecordedEntry.Name.of(id).flatMap(reader::find).stream()).map(this::found).toList();
            return new Page(count == 0 ? List.of() : some, null, OptionalLong.of(some.size()));
        }
        if (count == 0) {
            return new Page(List.of(), null, OptionalLong.of(reader.count(asked.filter())));
        }
        TrailReader.Page page = reader.find(asked.filter(), after, count);
        return new Page(page.entries().stream().map(this::found).toList(), page.next() == null ? null : page.next().cursor(), OptionalLong.empty());
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
}
