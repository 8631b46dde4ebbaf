package dev.portolan.bulkdata;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Exports of everything that the caller's grant reaches; groups are the Group resources of the store. For a plan's own systems. */
public final class StoredGroups implements ExportPolicy {

    private static final String PATIENT = "Patient/";

    @Override
    public Set<Place> places() {
        return Set.of(Place.SYSTEM, Place.PATIENT, Place.GROUP);
    }

    @Override
    public Optional<GroupMembers> group(RecordView view, String groupId) {
        if (!(view.read(new ResourceKey("Group", groupId)) instanceof ReadResult.Found found)) {
            return Optional.empty();
        }
        Set<String> members = new LinkedHashSet<>();
        for (JsonValue member : JsonDocument.parse(found.resource().content().json()).root().each("member")) {
            JsonValue entity = member.field("entity");
            String reference = entity == null ? null : entity.fieldText("reference");
            JsonValue inactive = member.field("inactive");
            if (reference != null && reference.startsWith(PATIENT) && !(inactive != null && inactive.text().equals("true"))) {
                members.add(reference.substring(PATIENT.length()));
            }
        }
        return Optional.of(new GroupMembers(null, List.copyOf(members)));
    }
}
