package dev.portolan.intake.x12;

/** Dates as X12 writes them (D8: CCYYMMDD). */
final class Dates {

    private Dates() {}

    /** As FHIR writes it, or an empty string if it is no date. */
    static String day(String d8) {
        return d8.length() >= 8 && SegmentRules.isDate(d8.substring(0, 8)) ? d8.substring(0, 4) + '-' + d8.substring(4, 6) + '-' + d8.substring(6, 8) : "";
    }

    /** The first day of a DTP segment: of D8 the day, of RD8 the day before the hyphen. */
    static String from(Segment dtp) {
        return day(dtp.at(3));
    }

    /** The last day. */
    static String to(Segment dtp) {
        int hyphen = dtp.at(3).indexOf('-');
        return day(hyphen < 0 ? dtp.at(3) : dtp.at(3).substring(hyphen + 1));
    }
}
