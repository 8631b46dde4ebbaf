package dev.portolan.intake.x12;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is accepted of a file and what is not, in the terms of TA1 (X12 TA1) and 999 (005010X231A1): interchanges, groups, transactions.
 *
 * @param broken why nothing more could be read behind some segment, or null
 * @param segments that could be read
 */
record Acknowledgement(List<Interchange> interchanges, long segments, @Nullable String broken) {

    /** ACCEPTED; ERRORS: accepted, errors are noted; PARTLY: some transactions are rejected; REJECTED. */
    enum Status {
        ACCEPTED("A"),
        ERRORS("E"),
        PARTLY("P"),
        REJECTED("R");

        private final String code;

        Status(String code) {
            this.code = code;
        }

        String code() {
            return code;
        }
    }

    /**
     * @param number ISA13
     * @param note TA105: 000 if nothing is wrong
     * @param test ISA15 says that these are test data
     */
    record Interchange(long segment, String number, String sender, String receiver, String date, String time, boolean test, Status status, String note, String meaning, List<Group> groups) {

        Interchange repeated() {
            return new Interchange(segment, number, sender, receiver, date, time, test, Status.REJECTED, "025", TA1.get("025"), List.of());
        }
    }

    /**
     * @param function GS01
     * @param errors AK905
     * @param transactions all that have an error, and as many of the others as are listed
     */
    record Group(long segment, String function, String number, String version, Status status, List<String> errors, long announced, long received, long accepted, List<Transaction> transactions) {}

    /**
     * @param set ST01
     * @param errors IK502
     */
    record Transaction(long segment, String set, String number, String version, Status status, List<String> errors, List<SegmentError> segments) {}

    /**
     * @param position of the segment in its transaction, ST being 1 (IK302)
     * @param line of the segment in the file
     * @param error IK304
     * @param element its number, or 0 if the segment as such is meant
     * @param elementError IK403, or null
     */
    record SegmentError(String tag, long position, long line, String error, int element, @Nullable String elementError, String meaning) {}

    /** TA105 as far as it is used. */
    static final java.util.Map<String, String> TA1 = java.util.Map.of("000", "no error", "001", "the control numbers of ISA13 and IEA02 differ", "021", "IEA01 says another number of groups than there are",
        "022", "the envelopes are not closed in their order", "023", "the file ends or breaks inside of the interchange", "025", "an interchange with this control number was received from this sender before",
        "004", "the segment terminator is a letter, a digit or a space",
        "026", "the data element separator is a letter, a digit or a space", "027", "the component element separator (ISA16) is a letter, a digit or a space");
}
