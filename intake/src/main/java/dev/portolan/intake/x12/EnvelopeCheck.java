package dev.portolan.intake.x12;

import dev.portolan.intake.x12.Acknowledgement.Group;
import dev.portolan.intake.x12.Acknowledgement.Interchange;
import dev.portolan.intake.x12.Acknowledgement.SegmentError;
import dev.portolan.intake.x12.Acknowledgement.Status;
import dev.portolan.intake.x12.Acknowledgement.Transaction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file once for its envelopes: numbers and counts must agree, and what is inside must be a transaction set that is read here. A transaction that is not whole must not be half loaded, and whether it is whole stands in its
 * last segment; so this comes before its records are read.
 */
final class EnvelopeCheck {

    /** Of transactions without an error so many are listed; all are counted. */
    private static final int MOST_LISTED = 5_000;
    private static final int MOST_SEGMENT_ERRORS = 100;

    private final SegmentRules rules;
    private final List<Interchange> interchanges = new ArrayList<>();
    private final BitSet rejected = new BitSet();
    private final List<Integer> firstTransactions = new ArrayList<>();
    private int transactions;
    private int listed;
    private boolean anyEnrollment;
    private boolean whole = true;

    private @Nullable OpenInterchange interchange;
    private @Nullable OpenGroup group;
    private @Nullable OpenTransaction transaction;

    private static final class OpenInterchange {
        private final Segment isa;
        private final List<Group> groups = new ArrayList<>();
        private String note = "000";
        private boolean outOfOrder;
        private boolean controlErrors;

        private OpenInterchange(Segment isa) {
            this.isa = isa;
        }
    }

    private static final class OpenGroup {
        private final Segment gs;
        private final List<Transaction> transactions = new ArrayList<>();
        private final Set<String> numbers = new HashSet<>();
        private final Set<String> errors = new java.util.TreeSet<>();
        private final int first;
        private long received;
        private long accepted;
        private boolean anyError;
        private long said;

        private OpenGroup(Segment gs, int first) {
            this.gs = gs;
            this.first = first;
        }

        private void announced(String count) {
            said = count.matches("\\d{1,10}") ? Long.parseLong(count) : 0;
        }
    }

    private static final class OpenTransaction {
        private final Segment st;
        private final Set<String> errors = new java.util.TreeSet<>();
        private final List<SegmentError> segments = new ArrayList<>();
        private long count;

        private OpenTransaction(Segment st) {
            this.st = st;
        }
    }

    private EnvelopeCheck(SegmentRules rules) {
        this.rules = rules;
    }

    /** The verdict: which transactions, counted over the whole file from 0, are not to be loaded. */
    record Result(Acknowledgement acknowledgement, BitSet rejected, List<Integer> firstTransactions, int transactions, boolean change) {}

    static Result check(Path file, SegmentRules rules) throws IOException {
        EnvelopeCheck check = new EnvelopeCheck(rules);
        try (SegmentReader reader = new SegmentReader(file)) {
            for (Segment segment = reader.next(); segment != null; segment = reader.next()) {
                check.take(segment, reader.controlErrors());
                if (segment.is("ISA")) {
                    check.judge(reader.delimiters());
                }
            }
            check.end();
            return new Result(new Acknowledgement(List.copyOf(check.interchanges), reader.segments(), reader.failure()), check.rejected, List.copyOf(check.firstTransactions), check.transactions,
                !check.whole);
        }
    }

    private void take(Segment segment, List<SegmentReader.ControlError> errors) {
        if (interchange != null && errors.stream().anyMatch(error -> !error.code().startsWith("CONTROL_"))) {
            interchange.controlErrors = true;
        }
        switch (segment.tag()) {
            case "ISA" -> {
                closeInterchange("023");
                interchange = new OpenInterchange(segment);
                firstTransactions.add(transactions);
            }
            case "GS" -> openGroup(segment);
            case "ST" -> openTransaction(segment);
            case "SE" -> endTransaction(segment);
            case "GE" -> endGroup(segment);
            case "IEA" -> endInterchange(segment);
            default -> inside(segment);
        }
    }

    /** A letter or digit that held elements apart would stand in names and numbers, too, and end them. As ISA11 it holds nothing apart: many send the U of the versions before 00402. */
    private void judge(Delimiters delimiters) {
        String note = isText(delimiters.segment()) ? "004" : isText(delimiters.element()) ? "026" : isText(delimiters.component()) ? "027" : "000";
        if (interchange != null) {
            interchange.note = note;
        }
    }

    private static boolean isText(char delimiter) {
        return Character.isLetterOrDigit(delimiter) || delimiter == ' ';
    }

    private void openGroup(Segment segment) {
        if (interchange == null || group != null) {
            outOfOrder();
        }
        closeGroup("3");
        group = new OpenGroup(segment, transactions);
    }

    private void openTransaction(Segment segment) {
        closeTransaction("2");
        transaction = new OpenTransaction(segment);
        transaction.count = 1;
        if (group == null) {
            outOfOrder();
            return;
        }
        if (!rules.knows(segment.at(1))) {
            transaction.errors.add("1");
        } else if (!GuideVersion.isRead(segment.at(1), segment.at(3), group.gs.at(8))) {
            transaction.errors.add("I6");
        }
        if (!group.numbers.add(segment.at(2))) {
            transaction.errors.add("23");
        }
    }

    private void inside(Segment segment) {
        if (transaction == null) {
            if (!segment.is("TA1")) {
                outOfOrder();
            }
            return;
        }
        transaction.count++;
        if (segment.is("BGN")) {
            anyEnrollment = true;
            whole &= segment.at(8).equals("4") || segment.at(8).equals("RX");
        }
        String set = transaction.st.at(1);
        if (rules.knows(set) && transaction.segments.size() < MOST_SEGMENT_ERRORS) {
            rules.check(set, segment, transaction.count).ifPresent(transaction.segments::add);
        }
    }

    private void endTransaction(Segment segment) {
        if (transaction == null) {
            outOfOrder();
            return;
        }
        transaction.count++;
        if (!segment.at(2).equals(transaction.st.at(2))) {
            transaction.errors.add("3");
        }
        if (!isNumber(segment.at(1), transaction.count)) {
            transaction.errors.add("4");
        }
        closeTransaction(null);
    }

    /** @param error IK502 for a transaction that is not closed, or null */
    private void closeTransaction(@Nullable String error) {
        if (transaction == null) {
            return;
        }
        if (error != null) {
            transaction.errors.add(error);
        }
        boolean isRejected = !transaction.errors.isEmpty();
        if (!transaction.segments.isEmpty()) {
            transaction.errors.add("5");
        }
        rejected.set(transactions++, isRejected);
        if (group != null) {
            group.received++;
            group.accepted += isRejected ? 0 : 1;
            group.anyError |= !transaction.errors.isEmpty();
            if (!transaction.errors.isEmpty() || listed++ < MOST_LISTED) {
                Status status = isRejected ? Status.REJECTED : transaction.segments.isEmpty() ? Status.ACCEPTED : Status.ERRORS;
                group.transactions.add(new Transaction(transaction.st.number(), transaction.st.at(1), transaction.st.at(2), transaction.st.at(3), status, List.copyOf(transaction.errors),
                    List.copyOf(transaction.segments)));
            }
        }
        transaction = null;
    }

    private void endGroup(Segment segment) {
        closeTransaction("2");
        if (group == null) {
            outOfOrder();
            return;
        }
        if (!segment.at(2).equals(group.gs.at(6))) {
            group.errors.add("4");
        }
        if (!isNumber(segment.at(1), group.received)) {
            group.errors.add("5");
        }
        group.announced(segment.at(1));
        closeGroup(null);
    }

    private void closeGroup(@Nullable String error) {
        closeTransaction("2");
        if (group == null) {
            return;
        }
        if (error != null) {
            group.errors.add(error);
        }
        if (!group.errors.isEmpty()) {
            rejected.set(group.first, transactions);
            group.accepted = 0;
        }
        Status status = !group.errors.isEmpty() || group.received > 0 && group.accepted == 0 ? Status.REJECTED
            : group.accepted < group.received ? Status.PARTLY : group.anyError ? Status.ERRORS : Status.ACCEPTED;
        if (interchange != null) {
            interchange.groups.add(new Group(group.gs.number(), group.gs.at(1), group.gs.at(6), group.gs.at(8), status, List.copyOf(group.errors), group.said, group.received, group.accepted, List.copyOf(group.transactions)));
        }
        group = null;
    }

    private void endInterchange(Segment segment) {
        if (group != null) {
            closeGroup("3");
            outOfOrder();
        }
        if (interchange == null) {
            return;
        }
        if (!interchange.note.equals("000")) {
            closeInterchange(null);
            return;
        }
        if (!segment.at(2).equals(interchange.isa.at(13))) {
            interchange.note = "001";
        } else if (!isNumber(segment.at(1), interchange.groups.size())) {
            interchange.note = "021";
        }
        closeInterchange(null);
    }

    /** @param note TA105 for an interchange that is not closed, or null */
    private void closeInterchange(@Nullable String note) {
        closeGroup("3");
        if (interchange == null) {
            return;
        }
        if (note != null) {
            interchange.note = note;
        } else if (interchange.outOfOrder && interchange.note.equals("000")) {
            interchange.note = "022";
        }
        Segment isa = interchange.isa;
        boolean isRejected = !interchange.note.equals("000");
        if (isRejected) {
            rejected.set(firstTransactions.get(firstTransactions.size() - 1), transactions);
        }
        Status status = isRejected ? Status.REJECTED : interchange.controlErrors ? Status.ERRORS : Status.ACCEPTED;
        interchanges.add(new Interchange(isa.number(), isa.at(13), isa.at(5) + ":" + isa.at(6), isa.at(7) + ":" + isa.at(8), isa.at(9), isa.at(10), isa.at(15).equals("T"), status, interchange.note,
            java.util.Objects.requireNonNull(Acknowledgement.TA1.get(interchange.note)), List.copyOf(interchange.groups)));
        interchange = null;
    }

    private void end() {
        closeInterchange("023");
        whole &= anyEnrollment;
    }

    private void outOfOrder() {
        if (interchange != null) {
            interchange.outOfOrder = true;
        }
    }

    private static boolean isNumber(String text, long wanted) {
        return text.matches("\\d{1,10}") && Long.parseLong(text) == wanted;
    }
}
