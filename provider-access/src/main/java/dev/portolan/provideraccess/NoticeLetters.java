package dev.portolan.provideraccess;

import dev.portolan.audit.AuditEntry;
import dev.portolan.compliance.AskedTrail;
import dev.portolan.compliance.CsvExport;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.identity.account.Account;
import dev.portolan.members.MemberRecords;
import dev.portolan.members.PersonName;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A batch of notices as CSV for whoever prints and sends the letters: to whom, which text, by when. Whose addresses leave stands in the trail before they do. */
public final class NoticeLetters {

    /** In the trail. */
    static final String API = "notices";
    private static final int MEMBERS_IN_ENTRY = 500;
    private static final int LOOKED_UP = 100;
    private static final String SSN = "http://hl7.org/fhir/sid/us-ssn";
    private static final String WITHOUT_END = "9999";
    /** Which of a person's names stands on a letter, by R4's codes of name-use. */
    private static final Map<String, Integer> NAMES = Map.of("official", 0, "usual", 1, "nickname", 3, "anonymous", 4, "maiden", 5);
    private static final int OTHERWISE = 2;
    private static final List<String> COLUMNS = List.of("notice", "reason", "due", "text", "language", "member", "patient", "name", "street", "city", "state", "postal_code", "country");

    private final AccessNotices notices;
    private final MemberRecords records;
    private final AskedTrail trail;
    private final String text;

    /** @param text address of the page whose text is sent */
    public NoticeLetters(AccessNotices notices, MemberRecords records, AskedTrail trail, String text) {
        this.notices = notices;
        this.records = records;
        this.trail = trail;
        this.text = text;
    }

    /** Members who are due a letter are shown. */
    void shown(Account staff, HttpServletRequest request, List<Notice> due) {
        List<String> members = due.stream().map(Notice::patient).distinct().sorted().toList();
        for (int from = 0; from < members.size(); from += MEMBERS_IN_ENTRY) {
            record(staff, request, "notices-read", "due", members.subList(from, Math.min(members.size(), from + MEMBERS_IN_ENTRY)));
        }
    }

    /** Staff are about to change what is due. */
    void changes(Account staff, HttpServletRequest request, String operation, String detail) {
        record(staff, request, operation, detail, List.of());
    }

    void send(Account staff, HttpServletRequest request, HttpServletResponse response, long batch) throws IOException {
        try (CsvExport export = CsvExport.write(COLUMNS, rows -> write(staff, request, batch, rows))) {
            export.send(response, "provider-access-notices-" + batch);
        }
    }

    private void write(Account staff, HttpServletRequest request, long batch, Consumer<List<String>> rows) {
        List<NoticeRows.Listed> some = notices.of(batch, 0);
        while (!some.isEmpty()) {
            for (int from = 0; from < some.size(); from += LOOKED_UP) {
                List<NoticeRows.Listed> lot = some.subList(from, Math.min(some.size(), from + LOOKED_UP));
                Map<String, JsonValue> patients = patients(lot);
                lot.forEach(listed -> rows.accept(row(listed, patients.get(listed.notice().patient()))));
            }
            for (int from = 0; from < some.size(); from += MEMBERS_IN_ENTRY) {
                record(staff, request, "notice-export", "batch=" + batch, some.subList(from, Math.min(some.size(), from + MEMBERS_IN_ENTRY)).stream().map(listed -> listed.notice().patient()).toList());
            }
            some = notices.of(batch, some.get(some.size() - 1).id());
        }
    }

    private void record(Account staff, HttpServletRequest request, String operation, String detail, List<String> members) {
        trail.record(request, staff, API, operation, new AuditEntry.Subject(members, List.of("Patient"), null, members.size(), 0, List.of("demographics"), detail));
    }

    private Map<String, JsonValue> patients(List<NoticeRows.Listed> lot) {
        Map<String, JsonValue> patients = new HashMap<>();
        records.each("Patient", "_id", lot.stream().map(listed -> listed.notice().patient()).toList(), patient -> patients.put(String.valueOf(patient.fieldText("id")), patient));
        return patients;
    }

    /** Who is not in the records any more is listed without an address: the batch says whom it was about. */
    private List<String> row(NoticeRows.Listed listed, @Nullable JsonValue patient) {
        Notice notice = listed.notice();
        JsonValue address = address(patient);
        List<String> street = new ArrayList<>();
        if (address != null) {
            address.each("line").forEach(line -> street.add(line.text()));
        }
        return List.of(Long.toString(listed.id()), notice.reason().name(), notice.due().toString(), text, language(patient), number(patient), notice.patient(), name(patient), String.join(", ", street),
            field(address, "city"), field(address, "state"), field(address, "postalCode"), field(address, "country"));
    }

    /** The first that is not out of use, and says something: one may be there to tell that it is not told. */
    private static @Nullable JsonValue address(@Nullable JsonValue patient) {
        for (JsonValue value : patient == null ? List.<JsonValue>of() : patient.each("address")) {
            if (isInUse(value) && (value.field("line") != null || !field(value, "city").isEmpty() || !field(value, "postalCode").isEmpty())) {
                return value;
            }
        }
        return null;
    }

    private static boolean isInUse(JsonValue value) {
        JsonValue period = value.field("period");
        String end = period == null ? null : period.fieldText("end");
        return !"old".equals(value.fieldText("use")) && (end == null || end.startsWith(WITHOUT_END));
    }

    /** The official name, else the usual one, else the first that says something and is not one of earlier. */
    static String name(@Nullable JsonValue patient) {
        String best = "";
        int rank = Integer.MAX_VALUE;
        for (JsonValue name : patient == null ? List.<JsonValue>of() : patient.each("name")) {
            String text = name.fieldText("text");
            String spelled = text == null || text.isBlank() ? PersonName.spelled(name).strip() : text.strip();
            int own = NAMES.getOrDefault(field(name, "use"), OTHERWISE);
            if (!spelled.isEmpty() && isInUse(name) && own < rank) {
                best = spelled;
                rank = own;
            }
        }
        return best;
    }

    /** Never a social security number: whoever prints letters has no use for it. */
    private static String number(@Nullable JsonValue patient) {
        for (JsonValue identifier : patient == null ? List.<JsonValue>of() : patient.each("identifier")) {
            if (isInUse(identifier) && !isSocialSecurity(identifier) && !field(identifier, "value").isEmpty()) {
                return field(identifier, "value");
            }
        }
        return "";
    }

    private static boolean isSocialSecurity(JsonValue identifier) {
        boolean is = SSN.equals(identifier.fieldText("system"));
        JsonValue type = identifier.field("type");
        for (JsonValue coding : type == null ? List.<JsonValue>of() : type.each("coding")) {
            is |= "SS".equals(coding.fieldText("code"));
        }
        return is;
    }

    /** The preferred one, as a BCP-47 code; empty if the record does not say. */
    private static String language(@Nullable JsonValue patient) {
        String language = "";
        for (JsonValue communication : patient == null ? List.<JsonValue>of() : patient.each("communication")) {
            JsonValue preferred = communication.field("preferred");
            JsonValue spoken = communication.field("language");
            for (JsonValue coding : spoken == null ? List.<JsonValue>of() : spoken.each("coding")) {
                if (language.isEmpty() || preferred != null && preferred.text().equals("true")) {
                    language = field(coding, "code");
                }
            }
        }
        return language;
    }

    private static String field(@Nullable JsonValue owner, String name) {
        String text = owner == null ? null : owner.fieldText(name);
        return text == null ? "" : text;
    }
}
