package dev.portolan.members.notice;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.members.MemberRecords;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Which language a member wants, as the record has it: the preferred one, else the first, else English. */
public final class MemberLanguages implements Function<String, Optional<String>> {

    private final MemberRecords records;

    public MemberLanguages(MemberRecords records) {
        this.records = records;
    }

    @Override
    public Optional<String> apply(String patient) {
        return records.patient(patient).map(MemberLanguages::language);
    }

    private static String language(JsonValue patient) {
        String first = null;
        for (JsonValue communication : patient.each("communication")) {
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
        for (JsonValue coding : language == null ? List.<JsonValue>of() : language.each("coding")) {
            String code = coding.fieldText("code");
            if (code != null && code.matches("[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")) {
                return code;
            }
        }
        return null;
    }
}
