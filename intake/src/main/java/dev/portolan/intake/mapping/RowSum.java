package dev.portolan.intake.mapping;

import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the rows of a record come to together: a claim's total of its lines' amounts. Rows without an amount count nothing; if a row holds what is no number there is no sum, since it would be a wrong one.
 *
 * @param amount of a row
 * @param once of rows with an equal value of it only the first counts: a line of a claim may stand on several rows. Null if each row counts
 * @param column for problems
 */
record RowSum(Expression amount, @Nullable Expression once, String column) implements Expression {

    @Override
    public Value evaluate(Scope scope) {
        BigDecimal sum = null;
        Set<String> counted = new HashSet<>();
        List<SourceRow> rows = scope.record.rows();
        for (int i = 0; i < rows.size(); i++) {
            Scope row = scope.at(rows.get(i), i + 1);
            if (once != null && !counted.add(once.evaluate(row).inText())) {
                continue;
            }
            Value text = amount.evaluate(row);
            if (text == Value.NOTHING) {
                continue;
            }
            if (!(Filters.number(text.inText(), false, column, row) instanceof Value.Number number)) {
                return Value.NOTHING;
            }
            sum = sum == null ? number.number() : sum.add(number.number());
        }
        return sum == null ? Value.NOTHING : new Value.Number(sum);
    }
}
