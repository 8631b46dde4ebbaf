package dev.portolan.fhir.search;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The part of FHIRPath that search parameter definitions use. A null target is the focus that the expression is asked on. */
sealed interface PathExpression {

    record Name(@Nullable PathExpression target, String name) implements PathExpression {}

    record Call(@Nullable PathExpression target, String function, List<PathExpression> arguments) implements PathExpression {}

    record Index(PathExpression target, int index) implements PathExpression {}

    record As(PathExpression target, String type) implements PathExpression {}

    record Is(PathExpression target, String type) implements PathExpression {}

    record Union(List<PathExpression> parts) implements PathExpression {}

    /** {@code operator} is one of {@code =}, {@code !=}, {@code and}, {@code or}. */
    record Binary(String operator, PathExpression left, PathExpression right) implements PathExpression {}

    /** A string, number or boolean as it is compared with JSON text. */
    record Literal(String text) implements PathExpression {}

    /** {@code %resource}. */
    record ResourceVariable() implements PathExpression {}
}
