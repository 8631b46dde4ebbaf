package dev.portolan.intake.x12;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The codes of HI segments: diagnoses and, institutional, procedures and the DRG. They stand beside the lines in the columns of CPCDS; what is more than there are lines has rows of its own. */
final class DiagnosisRows {

    private static final Map<String, String> DIAGNOSES = Map.of("ABK", "principal", "BK", "principal", "ABF", "other", "BF", "other", "ABJ", "admitting", "BJ", "admitting", "APR", "patientreasonforvisit",
        "PR", "patientreasonforvisit", "ABN", "externalcauseofinjury", "BN", "externalcauseofinjury");
    private static final Map<String, String> PROCEDURES = Map.of("BBR", "principal", "BBQ", "other");

    private DiagnosisRows() {}

    private record Code(String qualifier, String code, String date, String onAdmission) {}

    static void add(Rows rows, Submission claim, boolean inpatient) {
        List<Code> codes = codes(claim);
        List<Code> diagnoses = new ArrayList<>(codes.stream().filter(code -> DIAGNOSES.getOrDefault(code.qualifier(), "").equals("principal")).toList());
        codes.stream().filter(code -> DIAGNOSES.containsKey(code.qualifier()) && !diagnoses.contains(code)).forEach(diagnoses::add);
        String lastLine = rows.size() == 0 ? "1" : rows.at(rows.size() - 1).get("Line number");
        for (int i = 0; i < diagnoses.size(); i++) {
            Rows.Row row = i < rows.size() ? rows.at(i) : rows.row(claim.line()).set("Line number", lastLine);
            Code code = diagnoses.get(i);
            boolean ninth = !code.qualifier().startsWith("A"); // BK and ABK, PR and APR
            row.set("Diagnosis code", code.code()).set("Diagnosis code type", ninth ? "ICD9" : "ICD10").set("Diagnosis type", DIAGNOSES.get(code.qualifier())).set("Present on admission", inpatient ? code.onAdmission() : "");
        }
        for (Code code : codes) {
            if (PROCEDURES.containsKey(code.qualifier())) {
                rows.row(claim.line()).set("Line number", lastLine).set("Procedure code", code.code()).set("Procedure code type", "ICD10PCS").set("Procedure type", PROCEDURES.get(code.qualifier())).set("Procedure date", code.date());
            } else if (code.qualifier().equals("DR")) {
                rows.all("Claim diagnosis related group", code.code());
            }
        }
    }

    /** The claim's diagnoses in the order in which its lines point to them. */
    static List<String> pointedTo(Submission claim) {
        return codes(claim).stream().filter(code -> DIAGNOSES.containsKey(code.qualifier())).map(Code::code).toList();
    }

    private static List<Code> codes(Submission claim) {
        List<Code> codes = new ArrayList<>();
        for (Segment hi : claim.segments("HI")) {
            for (int i = 1; i <= hi.size(); i++) {
                if (!hi.at(i, 2).isEmpty()) {
                    codes.add(new Code(hi.at(i, 1), hi.at(i, 2), hi.at(i, 3).equals("D8") ? Dates.day(hi.at(i, 4)) : "", hi.at(i, 9)));
                }
            }
        }
        return codes;
    }
}
