package dev.portolan.bulkdata;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Exports of everything that the caller's grant reaches; groups are the Group resources of the store. For a plan's own systems. */
public final class StoredGroups implements ExportPolicy {

    private static final Pattern PATIENT = Pattern.compile("(?:(.+)/)?Patient/([A-Za-z0-9\\-.]{1,64})(?:/_history/[A-Za-z0-9\\-.]{1,64})?");
    private static final Pattern DAY = Pattern.compile("(\\d{4}-\\d{2}-\\d{2})(?:T.*)?");

    @Override
    public Set<Place> places() {
        return Set.of(Place.SYSTEM, Place.PATIENT, Place.GROUP);
    }

    @Override
    public Optional<GroupMembers> group(RecordView view, String groupId, Set<String> ownBases) {
        if (!(view.read(new ResourceKey("Group", groupId)) instanceof ReadResult.Found found)) {
            return Optional.empty();
        }
        Set<String> members = new LinkedHashSet<>();
        for (JsonValue member : JsonDocument.parse(found.resource().content().json()).root().each("member")) {
            JsonValue entity = member.field("entity");
            String reference = entity == null ? null : entity.fieldText("reference");
            Matcher patient = PATIENT.matcher(String.valueOf(reference));
            if (patient.matches() && (patient.group(1) == null || ownBases.contains(patient.group(1))) && !hasLeft(member)) {
                members.add(patient.group(2));
            }
        }
        return Optional.of(new GroupMembers(null, members));
    }

    /** The day of the end is still one of the group's; an end that is less exact than a day is none. */
    private static boolean hasLeft(JsonValue member) {
        JsonValue inactive = member.field("inactive");
        JsonValue period = member.field("period");
        Matcher end = DAY.matcher(String.valueOf(period == null ? null : period.fieldText("end")));
        // Days in FHIR's form are in the order of their text.
        return inactive != null && inactive.text().equals("true") || end.matches() && end.group(1).compareTo(LocalDate.now(ZoneOffset.UTC).toString()) < 0;
    }
}
