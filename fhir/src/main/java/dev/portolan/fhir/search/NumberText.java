package dev.portolan.fhir.search;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers of a search and the range that their digits stand for. */
final class NumberText {

    private static final Pattern FORM = Pattern.compile("(eq|ne|gt|lt|ge|le|sa|eb|ap)?([+ -]?\\d{1,40}(?:\\.(\\d{1,40}))?(?:[eE]([+ -]?\\d{1,3}))?)");
    private static final BigDecimal HALF = new BigDecimal("0.5");
    private static final BigDecimal TENTH = new BigDecimal("0.1");

    private NumberText() {}

    static CriterionValue.Number parse(String parameter, String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new InvalidSearchException(parameter, "the value of '" + parameter + "' is no number; write for instance 5.4 or ge100", false);
        }
        Prefix prefix = form.group(1) == null ? Prefix.EQ : Prefix.valueOf(form.group(1).toUpperCase(java.util.Locale.ROOT));
        BigDecimal value = new BigDecimal(form.group(2).replace(" ", "").replace("+", ""));
        BigDecimal slack = prefix == Prefix.AP ? value.abs().multiply(TENTH) : half(value);
        return new CriterionValue.Number(prefix, value, value.subtract(slack), value.add(slack));
    }

    /**
     * Half of the last digit's unit: 100 is [99.5, 100.5), 100.00 is [99.995, 100.005), 5.4e-3 is [0.00535, 0.00545). Of 1e2 R4 (search, section 3.1.1.4.6) says [95, 105), a tenth of what one
     * significant digit would be; its text decides for numbers whose last digit stands left of the point.
     */
    private static BigDecimal half(BigDecimal value) {
        int scale = value.scale() < 0 ? value.scale() + 1 : value.scale();
        return HALF.scaleByPowerOfTen(-scale);
    }
}
