package dev.portolan.intake.x12;

import dev.portolan.intake.mapping.LogicalId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A member of an 834 as its segments tell: 2000 with its loops 2100 to 2330 (005010X220A1). */
final class Enrollment {

    /** As many as US Core has room for. */
    private static final int MOST_RACES = 5;
    /** Hispanic and not Hispanic, not provided, not applicable. */
    private static final Set<String> NO_RACES = Set.of("H", "2135-2", "2186-5", "7", "8");

    private final X12Record record;
    private final List<Segment> header = new ArrayList<>();
    private final List<Segment> member = new ArrayList<>();
    private final List<List<Segment>> names = new ArrayList<>();
    private final List<List<Segment>> coverages = new ArrayList<>();
    private final Segment ins;

    Enrollment(X12Record record) {
        this.record = record;
        List<Segment> level = header;
        Segment found = null;
        for (Segment segment : record.segments()) {
            if (segment.is("INS")) {
                found = segment;
                level = member;
            } else if (segment.is("HD")) {
                level = new ArrayList<>();
                coverages.add(level);
            } else if (segment.is("NM1") && coverages.isEmpty()) {
                level = new ArrayList<>();
                names.add(level);
            }
            level.add(segment);
        }
        this.ins = java.util.Objects.requireNonNull(found, "a record of an 834 has an INS segment");
    }

    long line() {
        return ins.number();
    }

    /** INS03: 001 change, 021 addition, 024 termination, 025 reinstatement, 030 audit. */
    String maintenance() {
        return ins.at(3);
    }

    /** A change brings what changed; everything else brings all there is about the member. */
    boolean isPartial() {
        return maintenance().equals("001") || maintenance().equals("024");
    }

    boolean isSubscriber() {
        return ins.at(1).equals("Y");
    }

    String relationship() {
        return ins.at(2);
    }

    String subscriberNumber() {
        return reference(member, "0F");
    }

    /**
     * The member's own number: the one that the plan gives (REF 23), a mutually agreed one (NM108 ZZ), the sponsor's (REF 17), and the subscriber's own (REF 0F). A dependent without a number is known by subscriber, birth date and
     * given name. A social security number (NM108 34) is never taken.
     */
    String memberId() {
        Segment name = name("IL", "74");
        List<String> candidates = List.of(reference(member, "23"), name != null && name.at(8).equals("ZZ") ? name.at(9) : "", reference(member, "17"), isSubscriber() ? subscriberNumber() : "");
        Optional<String> own = candidates.stream().filter(candidate -> !candidate.isEmpty()).findFirst();
        if (own.isPresent()) {
            return own.get();
        }
        return subscriberNumber().isEmpty() || name == null || birthDate().isEmpty() ? ""
            : "dependent-" + LogicalId.digest(subscriberNumber() + '|' + birthDate() + '|' + name.at(4).toUpperCase(java.util.Locale.ROOT)).substring(0, 32);
    }

    String payerId() {
        Segment payer = party("IN");
        return payer == null ? "" : !payer.at(4).isEmpty() ? payer.at(4) : payer.at(2);
    }

    /** When the file was made: an end that lies before it has come. */
    String madeOn() {
        return header.stream().filter(segment -> segment.is("BGN")).map(segment -> Dates.day(segment.at(3))).filter(day -> !day.isEmpty()).findFirst().orElse(record.sentOn());
    }

    /** The end that holds for the member as a whole: 2000 DTP 357 eligibility end; 303 maintenance effective, for a termination that names no other. */
    String eligibilityEnd() {
        String end = date(member, "357");
        return end.isEmpty() && maintenance().equals("024") ? date(member, "303") : end;
    }

    List<List<Segment>> coverages() {
        return coverages;
    }

    private @Nullable Segment party(String qualifier) {
        return header.stream().filter(segment -> segment.is("N1", qualifier)).findFirst().orElse(null);
    }

    private @Nullable Segment name(String... qualifiers) {
        return names.stream().map(loop -> loop.get(0)).filter(segment -> segment.isOneOf("NM1", qualifiers)).findFirst().orElse(null);
    }

    private List<Segment> loop(String... qualifiers) {
        return names.stream().filter(loop -> loop.get(0).isOneOf("NM1", qualifiers)).findFirst().orElse(List.of());
    }

    /** The member as the record tells of them. */
    Members.Person person() {
        Segment name = name("IL", "74");
        return name == null ? new Members.Person("", "", "", birthDate()) : new Members.Person("", name.at(3), name.at(4), birthDate());
    }

    private String birthDate() {
        return loop("IL", "74").stream().filter(segment -> segment.is("DMG")).map(segment -> Dates.day(segment.at(2))).findFirst().orElse("");
    }

    static String reference(List<Segment> level, String qualifier) {
        return level.stream().filter(segment -> segment.is("REF", qualifier)).map(segment -> segment.at(2)).findFirst().orElse("");
    }

    static String date(List<Segment> level, String qualifier) {
        return level.stream().filter(segment -> segment.is("DTP", qualifier)).map(Dates::from).findFirst().orElse("");
    }

    /** @param subscriberId the logical key of the subscriber's Patient */
    Rows rows(String memberId, String subscriberId, CoverageKeys keys) {
        Rows rows = new Rows();
        rows.all("Member id", memberId).all("Subscriber id", subscriberId).all("Subscriber number", subscriberNumber()).all("Relationship", relationship()).all("Birth order", ins.at(17));
        rows.all("Own subscriber number", isSubscriber() && !subscriberNumber().equals(memberId) ? subscriberNumber() : "");
        person(rows);
        Segment payer = party("IN");
        rows.all("Payer id", payerId()).all("Payer name", payer == null ? "" : payer.at(2));
        CoverageRows coverageRows = new CoverageRows(this, memberId, keys);
        coverages.forEach(coverage -> coverageRows.add(rows, coverage));
        for (List<Segment> loop : names) {
            if (loop.get(0).isOneOf("NM1", "S1", "GD", "LR", "QD", "S3", "EXS", "TZ", "E1")) {
                responsible(rows, memberId, loop);
            }
        }
        return rows;
    }

    private void person(Rows rows) {
        List<Segment> own = loop("74").isEmpty() ? loop("IL") : loop("74");
        if (!own.isEmpty()) {
            Segment name = own.get(0);
            rows.all("Family", name.at(3)).all("Given", name.at(4)).all("Middle", name.at(5)).all("Prefix", name.at(6)).all("Suffix", name.at(7));
        }
        for (Segment segment : own) {
            switch (segment.tag()) {
                case "DMG" -> {
                    rows.all("Birth date", Dates.day(segment.at(2))).all("Gender", segment.at(3)).all("Marital", segment.at(4)).all("Ethnicity", ethnicity(segment));
                    races(rows, segment);
                }
                case "PER" -> telecom(rows, segment);
                case "N3" -> rows.all("Street", segment.at(1)).all("Street 2", segment.at(2));
                case "N4" -> rows.all("City", segment.at(1)).all("State", segment.at(2)).all("Zip", zip(segment.at(3))).all("Country", segment.at(4)).all("County", segment.at(5).equals("CY") ? segment.at(6) : "");
                case "LUI" -> {
                    if (rows.all("Language").isEmpty() || segment.at(4).equals("7")) {
                        rows.all("Language", Languages.tag(segment.at(2)));
                    }
                }
                default -> { }
            }
        }
        for (Segment segment : loop("31")) {
            switch (segment.tag()) {
                case "N3" -> rows.all("Mailing street", segment.at(1)).all("Mailing street 2", segment.at(2));
                case "N4" -> rows.all("Mailing city", segment.at(1)).all("Mailing state", segment.at(2)).all("Mailing zip", zip(segment.at(3)));
                default -> { }
            }
        }
        rows.all("Death date", Dates.day(ins.at(12)));
    }

    /** DMG05, which repeats: a code of list 1109, or one of the CDC's in its third component (RET). Hispanic (H) is no race but an ethnicity; O and N say both. */
    private static List<String> origins(Segment dmg) {
        return dmg.repetitions(5).stream().map(repetition -> Segment.component(repetition, 1).isEmpty() ? Segment.component(repetition, 3) : Segment.component(repetition, 1)).filter(code -> !code.isEmpty()).distinct().toList();
    }

    private static void races(Rows rows, Segment dmg) {
        List<String> races = origins(dmg).stream().filter(code -> !NO_RACES.contains(code)).limit(MOST_RACES).toList();
        for (int i = 0; i < races.size(); i++) {
            rows.all(i == 0 ? "Race" : "Race " + (i + 1), races.get(i));
        }
    }

    private static String ethnicity(Segment dmg) {
        List<String> codes = origins(dmg);
        return codes.contains("H") || codes.contains("2135-2") ? "hispanic" : codes.contains("O") || codes.contains("N") || codes.contains("2186-5") ? "not" : "";
    }

    private static void telecom(Rows rows, Segment per) {
        for (int i = 3; i + 1 <= per.size(); i += 2) {
            String column = switch (per.at(i)) {
                case "HP" -> "Home phone";
                case "TE" -> rows.all("Home phone").isEmpty() ? "Home phone" : ""; // some number; if that of the home is told, it is another
                case "CP" -> "Mobile phone";
                case "WP" -> "Work phone";
                case "EM" -> "Email";
                default -> "";
            };
            if (!column.isEmpty()) {
                rows.all(column, per.at(i + 1));
            }
        }
    }

    static String zip(String digits) {
        return digits.matches("\\d{9}") ? digits.substring(0, 5) + '-' + digits.substring(5) : digits;
    }

    private static void responsible(Rows rows, String memberId, List<Segment> loop) {
        Segment name = loop.get(0);
        Rows.Row row = rows.row(name.number()).set("Person key", "responsible-" + LogicalId.digest(memberId + '|' + name.at(1) + '|' + name.at(3) + '|' + name.at(4)).substring(0, 32)).set("Person role", name.at(1))
            .set("Person family", name.at(3)).set("Person given", name.at(4));
        for (Segment segment : loop) {
            switch (segment.tag()) {
                case "PER" -> row.set("Person phone", segment.at(4));
                case "N3" -> row.set("Person street", segment.at(1));
                case "N4" -> row.set("Person city", segment.at(1)).set("Person state", segment.at(2)).set("Person zip", zip(segment.at(3)));
                default -> { }
            }
        }
    }

    String groupId(List<Segment> coverage) {
        String own = reference(coverage, "1L");
        String ofMember = reference(member, "1L");
        return !own.isEmpty() ? own : !ofMember.isEmpty() ? ofMember : reference(header, "38");
    }

    boolean tellsGroup() {
        return !reference(member, "1L").isEmpty() || coverages.stream().anyMatch(coverage -> !reference(coverage, "1L").isEmpty());
    }

    String groupName() {
        Segment sponsor = party("P5");
        return sponsor == null ? "" : sponsor.at(2);
    }

    String eligibilityStart() {
        return date(member, "356");
    }
}
