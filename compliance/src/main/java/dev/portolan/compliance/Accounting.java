package dev.portolan.compliance;

import dev.portolan.audit.TrailReports.Disclosure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A disclosure as JSON and as a row: date, recipient, what, why (45 CFR 164.528(b)(2)). */
final class Accounting {

    static final List<String> COLUMNS = List.of("day", "recipient", "api", "person", "relation", "purpose", "categories", "types", "accesses", "resources", "consents", "first", "last", "to_the_member");

    private Accounting() {}

    static Map<String, Object> json(Disclosure each) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("day", each.day().toString());
        json.put("recipient", each.app());
        json.put("api", each.api());
        json.put("person", each.person());
        json.put("relation", each.relation());
        json.put("purpose", each.purpose());
        json.put("categories", each.categories());
        json.put("types", each.types());
        json.put("accesses", each.accesses());
        json.put("resources", each.resources());
        json.put("consents", each.consents());
        json.put("first", each.first().toString());
        json.put("last", each.last().toString());
        return json;
    }

    static List<String> row(Disclosure each) {
        Map<String, Object> json = json(each);
        json.put("to_the_member", each.toTheMember());
        return COLUMNS.stream().map(column -> EntryView.text(json.get(column))).toList();
    }
}
