package dev.portolan.intake.x12;

import dev.portolan.intake.x12.Acknowledgement.Group;
import dev.portolan.intake.x12.Acknowledgement.Interchange;
import dev.portolan.intake.x12.Acknowledgement.SegmentError;
import dev.portolan.intake.x12.Acknowledgement.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The answer for the sender: for each interchange one with a TA1 and, of each group in it, a 999 (005010X231A1). Its control numbers are the received ones; who sends it gives it those of its own series. */
final class AcknowledgementText {

    /** What comes back to a sender who holds elements apart in another way may have ours in it, or what is no text at all. */
    private static final Pattern NOT_OURS = Pattern.compile("[*~:^\\p{Cntrl}]");

    private final StringBuilder out = new StringBuilder();
    private int inTransaction;

    private AcknowledgementText() {}

    static String of(Acknowledgement acknowledgement) {
        AcknowledgementText text = new AcknowledgementText();
        acknowledgement.interchanges().forEach(text::interchange);
        return text.out.toString();
    }

    private void interchange(Interchange of) {
        String[] sender = of.sender().split(":", 2);
        String[] receiver = of.receiver().split(":", 2);
        segment("ISA", "00", " ".repeat(10), "00", " ".repeat(10), receiver[0], "%-15s".formatted(receiver[1]), sender[0], "%-15s".formatted(sender[1]), of.date(), of.time(), "^", "00501", of.number(), "0",
            of.test() ? "T" : "P", ":");
        segment("TA1", of.number(), of.date(), of.time(), of.status().code(), of.note());
        boolean answered = of.status() != Acknowledgement.Status.REJECTED && !of.groups().isEmpty();
        if (answered) {
            segment("GS", "FA", receiver[1].strip(), sender[1].strip(), century(of.date()), of.time(), number(of.number()), "X", "005010X231A1");
            int count = 0;
            for (Group group : of.groups()) {
                group(group, "%04d".formatted(++count));
            }
            segment("GE", String.valueOf(count), number(of.number()));
        }
        segment("IEA", answered ? "1" : "0", of.number());
    }

    private static String century(String yearMonthDay) {
        return "20" + yearMonthDay;
    }

    private static String number(String padded) {
        String plain = padded.replaceFirst("^0+", "");
        return plain.isEmpty() ? "0" : plain;
    }

    private void group(Group group, String number) {
        inTransaction = 0;
        segment("ST", "999", number, "005010X231A1");
        segment("AK1", group.function(), group.number(), group.version());
        for (Transaction transaction : group.transactions()) {
            transaction(transaction);
        }
        List<String> trailer = new ArrayList<>(List.of("AK9", group.status().code(), String.valueOf(group.announced()), String.valueOf(group.received()), String.valueOf(group.accepted())));
        trailer.addAll(group.errors().stream().limit(5).toList());
        segment(trailer.toArray(String[]::new));
        segment("SE", String.valueOf(inTransaction + 1), number);
    }

    private void transaction(Transaction transaction) {
        segment("AK2", transaction.set(), transaction.number(), transaction.version());
        for (SegmentError error : transaction.segments()) {
            segment("IK3", error.tag(), String.valueOf(error.position()), "", error.error());
            if (error.elementError() != null) {
                segment("IK4", String.valueOf(error.element()), "", error.elementError());
            }
        }
        List<String> verdict = new ArrayList<>(List.of("IK5", transaction.status().code()));
        verdict.addAll(transaction.errors().stream().limit(5).toList());
        segment(verdict.toArray(String[]::new));
    }

    private void segment(String... parts) {
        int last = parts.length;
        while (parts[last - 1].isEmpty()) {
            last--;
        }
        for (int i = 0; i < last; i++) {
            boolean isDelimiter = parts[0].equals("ISA") && (i == 11 || i == 16);
            out.append(i == 0 ? "" : "*").append(isDelimiter ? parts[i] : NOT_OURS.matcher(parts[i]).replaceAll(" "));
        }
        out.append("~\n");
        inTransaction++;
    }
}
