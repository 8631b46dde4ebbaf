package dev.portolan.intake.mapping;

/** A compiled expression. */
@FunctionalInterface
interface Expression {

    Value evaluate(Scope scope);
}
