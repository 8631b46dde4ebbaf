package dev.portolan.intake.mapping;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A compiled piece of a mapping: makes a piece of a resource, or nothing. */
interface Template {

    Value make(Scope scope);

    /** Whether what it makes depends on the record. Fixed parts alone say nothing: a category without its amount is left out. */
    boolean asksRecord();

    /** Always the same. */
    record Fixed(Value value) implements Template {

        @Override
        public Value make(Scope scope) {
            return value;
        }

        @Override
        public boolean asksRecord() {
            return false;
        }
    }

    /** A text with or without braces. */
    record Scalar(Expression expression, boolean asksRecord) implements Template {

        @Override
        public Value make(Scope scope) {
            return expression.evaluate(scope);
        }
    }

    /** An object: the fields that come to something. If it asks the record for anything and nothing of that is there, it is nothing, whatever else is fixed in it. */
    final class ObjectTemplate implements Template {
        private final Map<String, Template> fields;
        private final List<Field> parts;
        private final boolean asksRecord;

        /** @param asks what the template's {@code asksRecord} says: asked once, since it goes down the whole tree */
        private record Field(String name, Template template, boolean asks) {}

        ObjectTemplate(Map<String, Template> fields) {
            this.fields = fields;
            this.parts = fields.entrySet().stream().map(field -> new Field(field.getKey(), field.getValue(), field.getValue().asksRecord())).toList();
            this.asksRecord = parts.stream().anyMatch(Field::asks);
        }

        Map<String, Template> fields() {
            return fields;
        }

        @Override
        public boolean asksRecord() {
            return asksRecord;
        }

        @Override
        public Value make(Scope scope) {
            Map<String, Value> made = new LinkedHashMap<>();
            boolean answered = !asksRecord;
            for (Field field : parts) {
                Value value = field.template().make(scope);
                if (value != Value.NOTHING) {
                    made.put(field.name(), value);
                    answered |= field.asks();
                }
            }
            return made.isEmpty() || !answered ? Value.NOTHING : new Value.Node(made);
        }
    }

    /** An object that says something only if these fields do: a diagnosis without its code is left out, even if it has a type. */
    record NeedsValue(ObjectTemplate inner, List<String> needed) implements Template {

        @Override
        public Value make(Scope scope) {
            Value made = inner.make(scope);
            return made instanceof Value.Node node && node.fields().keySet().containsAll(needed) ? made : Value.NOTHING;
        }

        @Override
        public boolean asksRecord() {
            return true;
        }
    }

    /** A list: what its items make, one after the other. {@code {#}} counts what was made, so sequence numbers have no holes. */
    record ListTemplate(List<Item> items) implements Template {

        @Override
        public Value make(Scope scope) {
            List<Value> made = new ArrayList<>();
            for (Item item : items) {
                item.addTo(made, scope);
            }
            return made.isEmpty() ? Value.NOTHING : new Value.Elements(List.copyOf(made));
        }

        @Override
        public boolean asksRecord() {
            return items.stream().anyMatch(Item::asksRecord);
        }
    }

    /** One item of a list, which may make several elements. */
    interface Item {

        void addTo(List<Value> made, Scope scope);

        boolean asksRecord();
    }

    record Single(Template template) implements Item {

        @Override
        public void addTo(List<Value> made, Scope scope) {
            Value value = template.make(scope.turn(made.size() + 1));
            if (value != Value.NOTHING) {
                made.add(value);
            }
        }

        @Override
        public boolean asksRecord() {
            return template.asksRecord();
        }
    }

    /** Only if the list has nothing so far: what stands for an element that has to be there. */
    record IfEmpty(Template template) implements Item {

        @Override
        public void addTo(List<Value> made, Scope scope) {
            if (made.isEmpty()) {
                new Single(template).addTo(made, scope);
            }
        }

        @Override
        public boolean asksRecord() {
            return template.asksRecord();
        }
    }

    /**
     * For each row of the record; with {@code distinct}, for the first of those that are equal in these.
     *
     * @param skip how many of those rows to leave out
     * @param most how many to take then
     * @param as the name by which other lists ask for the elements' numbers, or empty
     */
    record EachRow(Condition where, List<Expression> distinct, int skip, int most, String as, Template template) implements Item {

        @Override
        public void addTo(List<Value> made, Scope scope) {
            Set<List<String>> seen = new HashSet<>();
            int place = 0;
            for (SourceRow row : scope.record.rows()) {
                Scope turn = scope.at(row, made.size() + 1);
                if (!where.holds(turn)) {
                    continue;
                }
                List<String> key = distinct.stream().map(each -> each.evaluate(turn).inText()).toList();
                if (!distinct.isEmpty() && !seen.add(key)) {
                    continue;
                }
                place++;
                if (place <= skip || place > skip + (long) most) {
                    continue;
                }
                Value value = template.make(turn);
                if (value != Value.NOTHING) {
                    made.add(value);
                    if (!as.isEmpty()) {
                        scope.numbered(as, key.get(0), made.size());
                    }
                }
            }
        }

        @Override
        public boolean asksRecord() {
            return true;
        }
    }

    /** For each line of a table that stands in the mapping. */
    record ForEach(List<String> names, List<List<Value>> lines, Template template) implements Item {

        @Override
        public void addTo(List<Value> made, Scope scope) {
            for (List<Value> line : lines) {
                Scope turn = scope.turn(made.size() + 1);
                for (int i = 0; i < names.size(); i++) {
                    turn.bind(names.get(i), line.get(i));
                }
                Value value = template.make(turn);
                if (value != Value.NOTHING) {
                    made.add(value);
                }
            }
        }

        @Override
        public boolean asksRecord() {
            return template.asksRecord();
        }
    }

    /** The first alternative that comes to something. */
    record First(List<Template> alternatives) implements Template {

        @Override
        public Value make(Scope scope) {
            for (Template alternative : alternatives) {
                Value value = alternative.make(scope);
                if (value != Value.NOTHING) {
                    return value;
                }
            }
            return Value.NOTHING;
        }

        @Override
        public boolean asksRecord() {
            return alternatives.stream().anyMatch(Template::asksRecord);
        }
    }

    record When(Condition condition, Template template) implements Template {

        @Override
        public Value make(Scope scope) {
            return condition.holds(scope) ? template.make(scope) : Value.NOTHING;
        }

        @Override
        public boolean asksRecord() {
            return true;
        }
    }
}
