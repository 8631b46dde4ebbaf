package dev.portolan.intake.x12;

import dev.portolan.intake.load.Earlier;
import dev.portolan.intake.load.InOrderMapper;
import dev.portolan.intake.mapping.Mapping;
import dev.portolan.intake.source.SourceItem;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** Records of X12 as resources, by their transaction set. */
public final class X12Mapper implements InOrderMapper {

    private static final String VERSION = "1";

    private final EnrollmentMapper enrollments;
    private final ClaimMapper claims;
    private final Members members = new Members();

    /**
     * @param enrollment makes resources of what {@code Enrollment} reads of a member
     * @param claims that of CPCDS: makes ExplanationOfBenefits of the columns that {@code ClaimRows} fills
     * @param providers makes resources of the providers that a claim names
     */
    public X12Mapper(Mapping enrollment, Mapping claims, Mapping providers) {
        this.enrollments = new EnrollmentMapper(enrollment, members);
        this.claims = new ClaimMapper(claims, providers, members);
    }

    @Override
    public String name() {
        return "x12";
    }

    @Override
    public String version() {
        return VERSION;
    }

    @Override
    public Batch begin(List<SourceItem> items, Earlier earlier) {
        return new Records(items, earlier);
    }

    /** A batch: its records are read once, and the parts of their claims are asked for together. */
    private final class Records implements Batch {
        private final Earlier earlier;
        private final ClaimLedger ledger;
        private final Map<SourceItem, X12Record> records = new IdentityHashMap<>();

        private Records(List<SourceItem> items, Earlier earlier) {
            this.earlier = earlier;
            this.ledger = new ClaimLedger(earlier);
            items.forEach(item -> records.put(item, X12Record.parse(item.raw(), item.line())));
            Set<String> asked = new TreeSet<>();
            Set<String> numbers = new TreeSet<>();
            records.values().forEach(record -> claims.ask(record, asked, numbers));
            ledger.expect(asked, numbers);
            members.expect(records.values(), earlier);
        }

        @Override
        public Mapping.Outcome map(SourceItem item) {
            X12Record record = Objects.requireNonNull(records.get(item));
            return switch (record.set()) {
                case "834" -> enrollments.map(record, earlier);
                case "837" -> claims.submission(record, item.raw(), ledger, earlier);
                case "835" -> claims.payment(record, item.raw(), ledger, earlier);
                default -> throw new IllegalStateException("records of " + record.set() + " are not cut");
            };
        }

        @Override
        public void settle(boolean rejected) {
            ledger.settle(rejected);
        }

        @Override
        public void end() {
            ledger.write();
        }
    }
}
