package dev.portolan.intake.x12;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A claim of an 837 as its segments tell: the loops above it, 2300 with 2310 to 2330, and its lines (2400). */
final class Submission {

    private final X12Record record;
    private final String kind;
    private final Map<String, List<Segment>> above = new LinkedHashMap<>();
    private final List<Segment> own = new ArrayList<>();
    private final Map<String, List<Segment>> providers = new LinkedHashMap<>();
    private final List<List<Segment>> otherPayers = new ArrayList<>();
    private final List<Line> lines = new ArrayList<>();
    private boolean hasPatientLevel;
    private String billingTaxonomy = "";
    /** What is asked for again and again where many claims share a number. */
    private @Nullable List<String> days;
    private java.math.@Nullable BigDecimal charge;
    private Members.@Nullable Person patient;

    /** A service line: LX with what follows, its own providers apart. */
    static final class Line {
        private static final Pattern NUMBER = Pattern.compile("\\d{1,6}");
        private final List<Segment> own = new ArrayList<>();
        private final Map<String, List<Segment>> providers = new LinkedHashMap<>();

        List<Segment> segments() {
            return own;
        }

        @Nullable Segment first(String... tags) {
            return own.stream().filter(segment -> List.of(tags).contains(segment.tag())).findFirst().orElse(null);
        }

        int number() {
            Segment lx = first("LX");
            return lx != null && NUMBER.matcher(lx.at(1)).matches() ? Integer.parseInt(lx.at(1)) : 0;
        }

        /** REF 6R, by which an 835 names the line. */
        String control() {
            return Enrollment.reference(own, "6R");
        }

        Party provider(String code) {
            List<Segment> loop = providers.get(code);
            return loop == null ? Party.NONE : Party.of(loop);
        }
    }

    Submission(X12Record record) {
        this.record = record;
        this.kind = GuideVersion.claimKind(record.st().at(3), record.gs().at(8));
        read();
    }

    private void read() {
        String place = "above";
        List<Segment> loop = new ArrayList<>();
        for (Segment segment : record.segments()) {
            if (place.equals("above")) {
                if (segment.is("CLM")) {
                    place = "claim";
                    loop = own;
                } else if (segment.is("HL")) {
                    loop = new ArrayList<>();
                    hasPatientLevel |= segment.at(3).equals("23");
                    above.put("HL" + segment.at(3), loop);
                } else if (segment.is("NM1")) {
                    loop = new ArrayList<>();
                    above.put(segment.at(1), loop);
                } else if (segment.is("PRV", "BI")) {
                    billingTaxonomy = segment.at(3);
                }
            } else if (segment.is("LX")) {
                Line line = new Line();
                lines.add(line);
                place = "line";
                loop = line.own;
            } else if (place.equals("line")) {
                loop = within(segment, lines.get(lines.size() - 1), loop);
            } else if (segment.is("SBR")) {
                place = "other";
                loop = new ArrayList<>();
                otherPayers.add(loop);
            } else if (segment.is("NM1") && place.equals("claim")) {
                loop = new ArrayList<>();
                providers.putIfAbsent(segment.at(1), loop);
            }
            loop.add(segment);
        }
    }

    private static List<Segment> within(Segment segment, Line line, List<Segment> loop) {
        if (segment.is("NM1")) {
            List<Segment> provider = new ArrayList<>();
            line.providers.putIfAbsent(segment.at(1), provider);
            return provider;
        }
        return segment.is("SVD") ? line.own : loop; // 2430 follows the line's providers
    }

    String kind() {
        return kind;
    }

    Segment claim() {
        return own.get(0);
    }

    long line() {
        return claim().number();
    }

    X12Record record() {
        return record;
    }

    /** CLM01: the provider's number of the claim, which the 835 gives back as CLP01. */
    String account() {
        return claim().at(1);
    }

    /** CLM05-3: 1 original, 7 replacement, 8 void. */
    String frequency() {
        return claim().at(5, 3).isEmpty() ? "1" : claim().at(5, 3);
    }

    boolean isVoid() {
        return frequency().equals("8");
    }

    boolean isReplacement() {
        return frequency().equals("7");
    }

    /** Neither replaces nor voids another. */
    boolean isOriginal() {
        return !isVoid() && !isReplacement();
    }

    /** REF F8: the payer's number of the claim that this one replaces or voids. */
    String replaces() {
        return isVoid() || isReplacement() ? reference("F8") : "";
    }

    /** The order in which submissions were made. */
    String sequence() {
        Segment bht = record.segments().stream().filter(segment -> segment.is("BHT")).findFirst().orElse(null);
        return (bht == null ? record.sent() : bht.at(4) + '-' + bht.at(5)) + '-' + record.isa().at(13);
    }

    Party billing() {
        List<Segment> loop = above.get("85");
        return loop == null ? Party.NONE : Party.of(loop).with(billingTaxonomy);
    }

    Members.Person subscriber() {
        return person(above.getOrDefault("IL", List.of()));
    }

    /** The patient, if the patient is not the subscriber; else null. */
    Members.@Nullable Person dependent() {
        return hasPatientLevel ? person(above.getOrDefault("QC", List.of())) : null;
    }

    Members.Person patient() {
        if (patient == null) {
            Members.Person dependent = dependent();
            patient = dependent == null ? subscriber() : dependent;
        }
        return patient;
    }

    /** CLM02. */
    java.math.BigDecimal charge() {
        if (charge == null) {
            charge = Money.of(claim().at(2));
        }
        return charge;
    }

    /** Whose the claim is, as the claim itself tells it. */
    String patientKey() {
        Members.Person patient = patient();
        return subscriber().number() + '|' + patient.birthDate() + '|' + patient.given().toUpperCase(java.util.Locale.ROOT);
    }

    private static Members.Person person(List<Segment> loop) {
        if (loop.isEmpty()) {
            return new Members.Person("", "", "", "");
        }
        Segment name = loop.get(0);
        String birthDate = loop.stream().filter(segment -> segment.is("DMG")).map(segment -> Dates.day(segment.at(2))).findFirst().orElse("");
        return new Members.Person(name.at(8).equals("MI") || name.at(8).equals("II") ? name.at(9) : "", name.at(3), name.at(4), birthDate);
    }

    Party provider(String... codes) {
        for (String code : codes) {
            List<Segment> loop = providers.get(code);
            if (loop != null) {
                return Party.of(loop);
            }
        }
        return Party.NONE;
    }

    String payerId() {
        List<Segment> loop = above.get("PR");
        return loop == null ? "" : loop.get(0).at(9);
    }

    /** The names of other payers of the claim (2330B). */
    List<String> otherPayers() {
        return otherPayers.stream().flatMap(List::stream).filter(segment -> segment.is("NM1", "PR") && !segment.at(3).isEmpty()).map(segment -> segment.at(3)).distinct().toList();
    }

    /** 2300 AMT F5: what the patient has paid. */
    String paidByPatient() {
        return own.stream().filter(segment -> segment.is("AMT", "F5")).map(segment -> segment.at(2)).findFirst().orElse("");
    }

    /** CLM19 PB (005010X224A2): what a treatment would be paid with is asked; it has not been done, and is no claim. */
    boolean isPredetermination() {
        return kind.equals("dental") && claim().at(19).equals("PB");
    }

    List<Segment> segments(String tag) {
        return own.stream().filter(segment -> segment.is(tag)).toList();
    }

    String reference(String qualifier) {
        return Enrollment.reference(own, qualifier);
    }

    /** A date of the claim: the first day, or the last one. */
    String date(String qualifier, boolean last) {
        return own.stream().filter(segment -> segment.is("DTP", qualifier)).map(segment -> last ? Dates.to(segment) : Dates.from(segment)).findFirst().orElse("");
    }

    /** The first day of service: of the statement (434), else of claim and lines (472); empty if none is told. */
    String firstDay() {
        return days().isEmpty() ? "" : days().get(0);
    }

    String lastDay() {
        return days().isEmpty() ? "" : days().get(days().size() - 1);
    }

    private List<String> days() {
        if (days == null) {
            java.util.stream.Stream<Segment> statement = own.stream().filter(segment -> segment.is("DTP", "434"));
            java.util.stream.Stream<Segment> services = java.util.stream.Stream.concat(lines.stream().flatMap(line -> line.own.stream()), own.stream()).filter(segment -> segment.is("DTP", "472"));
            days = inOrder(date("434", false).isEmpty() ? services : statement);
        }
        return days;
    }

    private static List<String> inOrder(java.util.stream.Stream<Segment> dates) {
        return dates.flatMap(segment -> java.util.stream.Stream.of(Dates.from(segment), Dates.to(segment))).filter(day -> !day.isEmpty()).sorted().toList();
    }

    List<Line> lines() {
        return lines;
    }
}
