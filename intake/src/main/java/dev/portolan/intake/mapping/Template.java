package dev.portolan.intake.mapping;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A compiled piece of a mapping: makes a piece of a resource, or nothing. */
@FunctionalInterface
interface Template {

    Value make(Scope scope);

    /** An object: the fields that come to something; nothing if none does. */
    record ObjectTemplate(Map<String, Template> fields) implements Template {

        @Override
        public Value make(Scope scope) {
            Map<String, Value> made = new LinkedHashMap<>();
            for (Map.Entry<String, Template> field : fields.entrySet()) {
                Value value = field.getValue().make(scope);
                if (value != Value.NOTHING) {
                    made.put(field.getKey(), value);
                }
            }
            return made.isEmpty() ? Value.NOTHING : new Value.Node(made);
        }
    }

    /** An object that says something only if a field that is not fixed does: a category without its amount is left out. */
    record NeedsValue(Template inner, List<Template> needed) implements Template {

        @Override
        public Value make(Scope scope) {
            for (Template template : needed) {
                if (template.make(scope) == Value.NOTHING) {
                    return Value.NOTHING;
                }
            }
            return inner.make(scope);
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
    }

    /** One item of a list, which may make several elements. */
    @FunctionalInterface
    interface Item {

        void addTo(List<Value> made, Scope scope);
    }

    record Single(Template template) implements Item {

        @Override
        public void addTo(List<Value> made, Scope scope) {
            Value value = template.make(scope.turn(made.size() + 1));
            if (value != Value.NOTHING) {
                made.add(value);
            }
        }
    }

    /** For each row of the record; with {@code distinct}, for the first of those that are equal in these. */
    record EachRow(Condition where, List<Expression> distinct, Template template) implements Item {

        @Override
        public void addTo(List<Value> made, Scope scope) {
            Set<List<String>> seen = new HashSet<>();
            for (SourceRow row : scope.record.rows()) {
                Scope turn = scope.at(row, made.size() + 1);
                if (!where.holds(turn) || !distinct.isEmpty() && !seen.add(distinct.stream().map(key -> key.evaluate(turn).inText()).toList())) {
                    continue;
                }
                Value value = template.make(turn);
                if (value != Value.NOTHING) {
                    made.add(value);
                }
            }
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
    }

    record When(Condition condition, Template template) implements Template {

        @Override
        public Value make(Scope scope) {
            return condition.holds(scope) ? template.make(scope) : Value.NOTHING;
        }
    }
}
