package dev.portolan.intake.x12;

import java.math.BigDecimal;

/** Amounts (data type R). */
final class Money {

    private Money() {}

    /** Zero if there is none; {@link SegmentRules} has looked at what stands there. */
    static BigDecimal of(String amount) {
        return amount.isEmpty() ? BigDecimal.ZERO : new BigDecimal(amount);
    }

    /** As a mapping reads it; with cents. */
    static String text(BigDecimal amount) {
        return amount.setScale(Math.max(2, amount.stripTrailingZeros().scale())).toPlainString();
    }
}
