package dev.portolan.intake.x12;

import dev.portolan.intake.load.Earlier;
import dev.portolan.intake.load.InOrderMapper;
import dev.portolan.intake.mapping.Mapping;
import dev.portolan.intake.source.SourceItem;

/** Records of X12 as resources, by their transaction set. */
public final class X12Mapper implements InOrderMapper {

    private static final String VERSION = "1";

    private final EnrollmentMapper enrollments;
    private final ClaimMapper claims;

    /**
     * @param enrollment makes resources of what {@code Enrollment} reads of a member
     * @param claims that of CPCDS: makes ExplanationOfBenefits of the columns that {@code ClaimRows} fills
     * @param providers makes resources of the providers that a claim names
     */
    public X12Mapper(Mapping enrollment, Mapping claims, Mapping providers) {
        Members members = new Members();
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
    public Mapping.Outcome map(SourceItem item, Earlier earlier) {
        X12Record record = X12Record.parse(item.raw(), item.line());
        return switch (record.set()) {
            case "834" -> enrollments.map(record, earlier);
            case "837" -> claims.submission(record, item.raw(), earlier);
            case "835" -> claims.payment(record, item.raw(), earlier);
            default -> throw new IllegalStateException("records of " + record.set() + " are not cut");
        };
    }
}
