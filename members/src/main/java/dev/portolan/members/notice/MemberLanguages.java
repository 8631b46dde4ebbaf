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
        return records.patient(patient).map(found -> language(found.field("communication")));
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
