package dev.portolan.members.notice;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordStore;
import dev.portolan.store.ResourceKey;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Which language a member wants, as the record has it: the preferred one, else the first, else English. */
public final class MemberLanguages implements Function<String, Optional<String>> {

    private static final Grant PATIENTS = new Grant("members", "portolan", null, Purpose.OPERATIONS, new Grant.Members.Everyone(),
        Map.of("Patient", new Grant.Rule(EnumSet.of(Interaction.READ), List.of())), Set.of(), Set.of());

    private final RecordStore records;

    public MemberLanguages(RecordStore records) {
        this.records = records;
    }

    @Override
    public Optional<String> apply(String patient) {
        return records.open(PATIENTS).read(new ResourceKey("Patient", patient)) instanceof ReadResult.Found found
            ? Optional.of(language(JsonDocument.parse(found.resource().content().json()).root().field("communication"))) : Optional.empty();
    }

    private static String language(@Nullable JsonValue communications) {
        String first = null;
        for (JsonValue communication : communications == null ? List.<JsonValue>of() : communications.each()) {
            String code = code(communication.field("language"));
            JsonValue preferred = communication.field("preferred");
            if (code != null && preferred != null && preferred.text().equals("true")) {
                return code;
            }
            first = first == null ? code : first;
        }
        return first == null ? NoticeTexts.DEFAULT : first;
    }

    private static @Nullable String code(@Nullable JsonValue language) {
        JsonValue codings = language == null ? null : language.field("coding");
        for (JsonValue coding : codings == null ? List.<JsonValue>of() : codings.each()) {
            String code = coding.fieldText("code");
            if (code != null && code.matches("[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")) {
                return code;
            }
        }
        return null;
    }
}
