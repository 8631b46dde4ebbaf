package dev.portolan.members;

import dev.portolan.fhir.json.JsonValue;
import java.time.Year;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * In which units of the plan's reports members stood in a year, by their Coverages. Only those are read who are asked about: of a plan's members few use an app, and no index has a Coverage's period.
 */
public final class ReportingUnits {

    private static final int AT_ONCE = 400;
    private static final String PATIENT = "Patient/";
    /** Of a cover that was meant and never was, nothing is reported. */
    private static final Set<String> NO_COVER = Set.of("entered-in-error", "draft");

    private final MemberRecords records;
    private final ReportingUnit unit;

    public ReportingUnits(MemberRecords records, ReportingUnit unit) {
        this.records = records;
        this.unit = unit;
    }

    /** Where a Coverage names it, in words. */
    public String place() {
        return unit.place();
    }

    /**
     * The units of the Coverages that cover a day of the year, in order.
     *
     * @param patients Patient ids
     * @return without those who have none
     */
    public Map<String, Set<String>> of(Collection<String> patients, Year year) {
        Map<String, Set<String>> units = new HashMap<>();
        List<String> all = patients.stream().map(PATIENT::concat).toList();
        for (int from = 0; from < all.size(); from += AT_ONCE) {
            records.each("Coverage", "beneficiary", all.subList(from, Math.min(all.size(), from + AT_ONCE)), coverage -> {
                JsonValue beneficiary = coverage.field("beneficiary");
                String reference = beneficiary == null ? null : beneficiary.fieldText("reference");
                Set<String> named = unit.in(coverage);
                if (reference != null && !named.isEmpty() && covers(coverage, year)) {
                    units.computeIfAbsent(reference.substring(reference.lastIndexOf('/') + 1), any -> new TreeSet<>()).addAll(named);
                }
            });
        }
        return units;
    }

    private static boolean covers(JsonValue coverage, Year year) {
        return !NO_COVER.contains(String.valueOf(coverage.fieldText("status")))
            && MemberCover.of(coverage).filter(cover -> !cover.starts().isAfter(year.atMonth(12).atEndOfMonth()) && !cover.ends().isBefore(year.atDay(1))).isPresent();
    }
}
