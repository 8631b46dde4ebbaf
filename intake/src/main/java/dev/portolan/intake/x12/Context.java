package dev.portolan.intake.x12;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands above the records of a transaction, as far as it has been read: it is part of each record below it. */
abstract class Context {

    /** Above all records that follow, the start of a record, within the one that is open, or below all (nobody's). */
    enum Place {
        ABOVE,
        RECORD,
        WITHIN,
        BELOW
    }

    private static final int MOST = 2_000;
    /** Characters of a segment that stands above: each record below it has it, too. */
    private static final int LONGEST = 4_096;

    private final List<Segment> header = new ArrayList<>();
    private boolean tooLong;

    static Context of(String set) {
        return switch (set) {
            case "837" -> new Hierarchy();
            case "835" -> new Remittance();
            default -> new Members();
        };
    }

    /** Where a segment belongs; what is above is kept. */
    abstract Place place(Segment segment);

    /** What stands above a record that begins now. */
    List<Segment> above() {
        return List.copyOf(header);
    }

    /** Why no record can begin here, or null. */
    @Nullable String problem() {
        return tooLong ? "more than " + MOST + " segments stand above it, or one of more than " + LONGEST + " characters" : null;
    }

    /** Keeps a segment, of as many as can stand above a record. */
    final Place keep(List<Segment> level, Segment segment) {
        if (level.size() >= MOST || segment.length() > LONGEST) {
            tooLong = true;
        } else {
            level.add(segment);
        }
        return Place.ABOVE;
    }

    final List<Segment> header() {
        return header;
    }

    /** 834: each INS begins a member (loop 2000). */
    private static final class Members extends Context {
        private boolean inMember;

        @Override
        Place place(Segment segment) {
            if (segment.is("INS")) {
                inMember = true;
                return Place.RECORD;
            }
            return inMember ? Place.WITHIN : keep(header(), segment);
        }
    }

    /** 835: each CLP begins a claim's payment (loop 2100), below an LX (2000); PLB is about the provider alone. */
    private static final class Remittance extends Context {
        private final List<Segment> group = new ArrayList<>();
        private boolean inGroup;
        private boolean inClaim;
        private boolean below;

        @Override
        Place place(Segment segment) {
            if (segment.is("PLB") || below) {
                below = true;
                return Place.BELOW;
            }
            if (segment.is("CLP")) {
                inClaim = true;
                return Place.RECORD;
            }
            if (segment.is("LX")) {
                group.clear();
                inGroup = true;
                inClaim = false;
            }
            if (inClaim) {
                return Place.WITHIN;
            }
            return keep(inGroup ? group : header(), segment);
        }

        @Override
        List<Segment> above() {
            List<Segment> all = new ArrayList<>(header());
            all.addAll(group);
            return all;
        }
    }

    /** 837: HL levels 20 (billing provider), 22 (subscriber), 23 (patient, if not the subscriber); each CLM begins a claim (loop 2300). */
    private static final class Hierarchy extends Context {
        private final List<Segment> billing = new ArrayList<>();
        private final List<Segment> subscriber = new ArrayList<>();
        private final List<Segment> patient = new ArrayList<>();
        private List<Segment> level = header();
        private boolean inClaim;
        private @Nullable String wrong;

        @Override
        Place place(Segment segment) {
            if (segment.is("CLM")) {
                inClaim = true;
                return Place.RECORD;
            }
            if (segment.is("HL")) {
                inClaim = false;
                descend(segment);
            }
            return inClaim ? Place.WITHIN : keep(level, segment);
        }

        private void descend(Segment hl) {
            wrong = null;
            switch (hl.at(3)) {
                case "20" -> enter(billing, List.of(), hl, subscriber, patient);
                case "22" -> enter(subscriber, billing, hl, patient);
                case "23" -> enter(patient, subscriber, hl);
                default -> {
                    level = new ArrayList<>();
                    wrong = "HL03 " + hl.at(3) + " is no level of a claim; 20, 22 and 23 are";
                }
            }
        }

        /** HL02 names the level above: a patient below another subscriber than it says would be another member's claim. */
        @SafeVarargs
        private void enter(List<Segment> own, List<Segment> parent, Segment hl, List<Segment>... lower) {
            own.clear();
            for (List<Segment> one : lower) {
                one.clear();
            }
            level = own;
            String above = parent.isEmpty() ? "" : parent.get(0).at(1);
            if (!hl.at(2).equals(above)) {
                wrong = "HL02 names another level than the one that stands above";
            }
        }

        @Override
        List<Segment> above() {
            List<Segment> all = new ArrayList<>(header());
            all.addAll(billing);
            all.addAll(subscriber);
            all.addAll(patient);
            return all;
        }

        @Override
        @Nullable String problem() {
            if (wrong != null) {
                return wrong;
            }
            return subscriber.isEmpty() ? "no subscriber (HL03 22) stands above the claim" : super.problem();
        }
    }
}
