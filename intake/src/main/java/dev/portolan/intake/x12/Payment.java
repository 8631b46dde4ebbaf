package dev.portolan.intake.x12;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an 835 says of one claim: the payment above it (BPR, TRN), 2100 and its service lines (2110). */
final class Payment {

    private final X12Record record;
    private final List<Segment> header = new ArrayList<>();
    private final List<Segment> own = new ArrayList<>();
    private final List<List<Segment>> services = new ArrayList<>();
    private @Nullable List<String> days;

    /**
     * An adjustment: a triple of a CAS segment.
     *
     * @param group CO, PR, OA or PI
     * @param reason CARC
     */
    record Adjustment(String group, String reason, BigDecimal amount) {}

    Payment(X12Record record) {
        this.record = record;
        List<Segment> level = header;
        for (Segment segment : record.segments()) {
            if (segment.is("CLP")) {
                level = own;
            } else if (segment.is("SVC")) {
                level = new ArrayList<>();
                services.add(level);
            }
            level.add(segment);
        }
    }

    private Segment claim() {
        return own.get(0);
    }

    long line() {
        return claim().number();
    }

    X12Record record() {
        return record;
    }

    String account() {
        return claim().at(1);
    }

    /** CLP02: 1, 2, 3 processed as primary, secondary, tertiary; 4 denied; 19 to 21 the same, forwarded; 22 reversal; 23 not ours; 25 predetermination. */
    String status() {
        return claim().at(2);
    }

    boolean isReversal() {
        return status().equals("22");
    }

    boolean isDenied() {
        return status().equals("4");
    }

    BigDecimal charge() {
        return Money.of(claim().at(3));
    }

    BigDecimal paid() {
        return Money.of(claim().at(4));
    }

    BigDecimal patientResponsibility() {
        return Money.of(claim().at(5));
    }

    /** CLP07: the payer's number of the claim. */
    String control() {
        return claim().at(7);
    }

    /** CLP09, as CLM05-3. */
    String frequency() {
        return claim().at(9);
    }

    /** CLP11: the DRG by which the payer has decided. */
    String drg() {
        return claim().at(11);
    }

    /** AMT F5: what the patient had paid before. */
    String paidByPatient() {
        return own.stream().filter(segment -> segment.is("AMT", "F5")).map(segment -> segment.at(2)).findFirst().orElse("");
    }

    /** Who is paid: the billing provider, by NPI if there is one. */
    String payee() {
        Segment payee = header.stream().filter(segment -> segment.is("N1", "PE")).findFirst().orElse(null);
        return payee == null ? "" : payee.at(4);
    }

    boolean isPayeeNpi() {
        return header.stream().anyMatch(segment -> segment.is("N1", "PE") && segment.at(3).equals("XX"));
    }

    /** BPR16: when the payment is due; else when the remittance was made. */
    String paidOn() {
        String day = header.stream().filter(segment -> segment.is("BPR")).map(segment -> Dates.day(segment.at(16))).findFirst().orElse("");
        return day.isEmpty() ? record.sentOn() : day;
    }

    /** TRN02: check or transfer number. */
    String trace() {
        return header.stream().filter(segment -> segment.is("TRN")).map(segment -> segment.at(2)).findFirst().orElse("");
    }

    /** The order in which payments were made: a reversal stands before its correction in one remittance. */
    String sequence() {
        String made = header.stream().filter(segment -> segment.is("DTM", "405")).map(segment -> segment.at(2)).findFirst().orElse(paidOn().replace("-", ""));
        return made + '-' + record.sent() + '-' + record.isa().at(13) + '-' + twelveDigits(line());
    }

    private static String twelveDigits(long number) {
        String digits = Long.toString(number);
        return "0".repeat(Math.max(0, 12 - digits.length())) + digits;
    }

    /** NM1 QC, or IL if the subscriber is the patient. */
    Members.Person patient() {
        Segment name = own.stream().filter(segment -> segment.is("NM1", "74")).findFirst().orElse(own.stream().filter(segment -> segment.is("NM1", "QC")).findFirst().orElse(null));
        return name == null ? new Members.Person("", "", "", "") : new Members.Person(name.at(8).equals("MI") ? name.at(9) : "", name.at(3), name.at(4), "");
    }

    /** The days of what is paid for, in order, if they are told: of the claim (232, 233) and its services (472, 150, 151). */
    List<String> days() {
        if (days == null) {
            days = java.util.stream.Stream.concat(own.stream().filter(segment -> segment.isOneOf("DTM", "232", "233")), services.stream().flatMap(List::stream).filter(segment -> segment.isOneOf("DTM", "472", "150", "151")))
                .map(segment -> Dates.day(segment.at(2))).filter(day -> !day.isEmpty()).sorted().toList();
        }
        return days;
    }

    String date(String qualifier) {
        return own.stream().filter(segment -> segment.is("DTM", qualifier)).map(segment -> Dates.day(segment.at(2))).findFirst().orElse("");
    }

    List<List<Segment>> services() {
        return services;
    }

    List<Adjustment> adjustments() {
        return adjustments(own);
    }

    /** Of a level: each CAS has a group and up to six triples of reason, amount, quantity. */
    static List<Adjustment> adjustments(List<Segment> level) {
        List<Adjustment> all = new ArrayList<>();
        for (Segment cas : level) {
            if (cas.is("CAS")) {
                for (int i = 2; i + 1 <= cas.size(); i += 3) {
                    if (!cas.at(i).isEmpty()) {
                        all.add(new Adjustment(cas.at(1), cas.at(i), Money.of(cas.at(i + 1))));
                    }
                }
            }
        }
        return all;
    }

    /** Whether what is paid is what was charged less all adjustments, of each service and of the whole (835, balancing). */
    boolean isBalanced() {
        BigDecimal left = charge().subtract(sum(own));
        for (List<Segment> service : services) {
            BigDecimal adjusted = sum(service);
            left = left.subtract(adjusted);
            if (Money.of(service.get(0).at(2)).subtract(adjusted).compareTo(Money.of(service.get(0).at(3))) != 0) {
                return false;
            }
        }
        return left.compareTo(paid()) == 0;
    }

    private static BigDecimal sum(List<Segment> level) {
        return adjustments(level).stream().map(Adjustment::amount).reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    /** Remark codes (RARC) of a service line (LQ HE). */
    static List<String> remarks(List<Segment> service) {
        return service.stream().filter(segment -> segment.is("LQ", "HE")).map(segment -> segment.at(2)).toList();
    }

    /** Remark codes of the claim: MOA03 to MOA07 and, inpatient, MIA05 and MIA20 to MIA23. */
    List<String> remarks() {
        List<String> codes = new ArrayList<>();
        for (Segment segment : own) {
            int[] places = segment.is("MOA") ? new int[] {3, 4, 5, 6, 7} : segment.is("MIA") ? new int[] {5, 20, 21, 22, 23} : new int[0];
            for (int place : places) {
                if (!segment.at(place).isEmpty()) {
                    codes.add(segment.at(place));
                }
            }
        }
        return codes;
    }

    /** What it is a document of: the same remittance's word about the same claim. */
    String document() {
        return trace() + '|' + control() + '|' + status();
    }
}
