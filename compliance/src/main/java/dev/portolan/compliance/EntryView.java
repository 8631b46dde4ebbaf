package dev.portolan.compliance;

import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.RecordedEntry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An entry as JSON and as a row of a table: every field, under names that stay. */
final class EntryView {

    /** The columns of an export, in order. */
    static final List<String> COLUMNS = List.of("id", "time", "api", "operation", "status", "outcome", "app", "person", "relation", "members", "types", "resource", "resources", "withheld",
        "categories", "query", "purpose", "grant", "scopes", "consents", "source", "request");

    private EntryView() {}

    static Map<String, Object> json(RecordedEntry recorded) {
        AuditEntry entry = recorded.entry();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", recorded.place().id());
        json.put("time", recorded.place().recorded().toString());
        json.put("api", entry.api());
        json.put("operation", entry.operation());
        json.put("status", entry.outcome().status());
        json.put("outcome", entry.outcome().code());
        json.put("app", entry.caller().app());
        json.put("person", entry.caller().person());
        json.put("relation", entry.caller().relation());
        json.put("members", entry.subject().members());
        json.put("types", entry.subject().types());
        json.put("resource", entry.subject().resource());
        json.put("resources", entry.subject().resources());
        json.put("withheld", entry.subject().withheld());
        json.put("categories", entry.subject().categories());
        json.put("query", entry.subject().query());
        json.put("purpose", entry.authority().purpose());
        json.put("grant", entry.authority().grant());
        json.put("scopes", entry.authority().scopes());
        json.put("consents", entry.authority().consents());
        json.put("source", entry.origin().address());
        json.put("request", entry.origin().request());
        return json;
    }

    static List<String> row(RecordedEntry recorded) {
        Map<String, Object> json = json(recorded);
        return COLUMNS.stream().map(column -> text(json.get(column))).toList();
    }

    /** Lists with spaces between. */
    static String text(@org.jspecify.annotations.Nullable Object value) {
        return value == null ? "" : value instanceof List<?> list ? String.join(" ", list.stream().map(String::valueOf).toList()) : value.toString();
    }
}
