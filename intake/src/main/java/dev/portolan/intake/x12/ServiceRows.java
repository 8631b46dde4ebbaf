package dev.portolan.intake.x12;

import java.util.Map;

/** Service lines (2400: SV1, SV2, SV3) as rows. */
final class ServiceRows {

    /** Code list 235, as far as it names a procedure. */
    private static final Map<String, String> SYSTEMS = Map.of("AD", "CDT", "HP", "HIPPS", "IV", "HCPCS");

    private ServiceRows() {}

    static void add(Rows.Row row, Submission.Line line, Segment service, Submission claim, Rows rows) {
        boolean institutional = service.is("SV2");
        int procedure = institutional ? 2 : 1;
        row.set("Procedure code", service.at(procedure, 2)).set("Procedure code type", system(service.at(procedure, 1), service.at(procedure, 2))).set("Procedure description", service.at(procedure, 7));
        for (int i = 1; i <= 4; i++) {
            row.set("Modifier Code-" + i, service.at(procedure, 2 + i));
        }
        if (institutional) {
            row.set("Revenue center code", service.at(1)).set("Number of units", service.at(5));
        } else if (service.is("SV1")) {
            row.set("Number of units", service.at(4)).set("Place of service code", first(service.at(5), claim.claim().at(5, 1)));
        } else {
            row.set("Number of units", service.at(6)).set("Place of service code", first(service.at(3), claim.claim().at(5, 1)));
            dental(line, rows);
        }
        Segment date = line.segments().stream().filter(segment -> segment.is("DTP", "472")).findFirst().orElse(null);
        row.set("Service (from) date", date == null ? claim.date("472", false) : Dates.from(date)).set("Service to date", date == null ? claim.date("472", true) : Dates.to(date));
        line.segments().stream().filter(segment -> segment.is("LIN") && segment.at(2).equals("N4")).findFirst().ifPresent(drug -> row.set("National drug code", drug.at(3).replace("-", "")));
    }

    /** HC is CPT or HCPCS: CPT has five digits, or four and a letter; HCPCS a letter and four digits. */
    private static String system(String qualifier, String code) {
        return qualifier.equals("HC") ? code.matches("\\d{4}[0-9A-Z]") ? "CPT" : "HCPCS" : SYSTEMS.getOrDefault(qualifier, "");
    }

    /** What a line says of the claim: a prosthesis and the one before it, when an appliance was put in. Its teeth are {@link Teeth}. */
    private static void dental(Submission.Line line, Rows rows) {
        line.segments().stream().filter(segment -> segment.is("SV3")).filter(segment -> !segment.at(5).isEmpty())
            .forEach(segment -> rows.all("Prosthesis Replacement Indicator", segment.at(5).equals("R") ? "true" : "false"));
        line.segments().stream().filter(segment -> segment.is("DTP", "441")).forEach(segment -> rows.all("Date of Prior Prosthesis Placement", Dates.from(segment)));
        line.segments().stream().filter(segment -> segment.is("DTP", "452")).forEach(segment -> rows.all("Orthodontics Appliance Application Date", Dates.from(segment)));
    }

    private static String first(String one, String other) {
        return one.isEmpty() ? other : one;
    }
}
