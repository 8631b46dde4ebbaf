package dev.portolan.intake.mapping;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A compiled piece of a mapping: writes a piece of a resource, or nothing. */
interface Template {

    /** False if it comes to nothing: then nothing is written. */
    boolean write(Scope scope, JsonWriter out);

    /** Whether what it makes depends on the record. Fixed parts alone say nothing: a category without its amount is left out. */
    boolean asksRecord();

    /** Always the same. */
    record Fixed(Value value) implements Template {

        @Override
        public boolean write(Scope scope, JsonWriter out) {
            if (value != Value.NOTHING) {
                out.value(value);
            }
            return value != Value.NOTHING;
        }

        @Override
        public boolean asksRecord() {
            return false;
        }
    }

    /** A text with or without braces. */
    record Scalar(Expression expression, boolean asksRecord) implements Template {

        @Override
        public boolean write(Scope scope, JsonWriter out) {
            Value value = expression.evaluate(scope);
            if (value != Value.NOTHING) {
                out.value(value);
            }
            return value != Value.NOTHING;
        }
    }

    /** An object: the fields that come to something. If it asks the record for anything and nothing of that is there, it is nothing, whatever else is fixed in it. */
    final class ObjectTemplate implements Template {
        private final Map<String, Template> fields;
        private final Field[] parts;
        private final boolean asksRecord;

        /**
         * @param start the name as it stands in JSON, with its colon
         * @param asks what the template's {@code asksRecord} says: asked once, since it goes down the whole tree
         * @param needed whether the object says nothing without it
         */
        private record Field(byte[] start, Template template, boolean asks, boolean needed) {}

        ObjectTemplate(Map<String, Template> fields) {
            this(fields, List.of());
        }

        private ObjectTemplate(Map<String, Template> fields, List<String> needed) {
            this.fields = fields;
            this.parts = fields.entrySet().stream().map(field -> new Field(start(field.getKey()), field.getValue(), field.getValue().asksRecord(), needed.contains(field.getKey()))).toArray(Field[]::new);
            this.asksRecord = fields.values().stream().anyMatch(Template::asksRecord);
        }

        private static byte[] start(String name) {
            JsonWriter out = new JsonWriter();
            out.string(name);
            out.raw(':');
            return out.written();
        }

        /** The same, but nothing without these: a diagnosis without its code is left out, even if it has a type. */
        Template needing(List<String> needed) {
            return new Needing(new ObjectTemplate(fields, needed));
        }

        Map<String, Template> fields() {
            return fields;
        }

        @Override
        public boolean asksRecord() {
            return asksRecord;
        }

        @Override
        public boolean write(Scope scope, JsonWriter out) {
            int begin = out.length();
            boolean answered = !asksRecord;
            boolean complete = true;
            char before = '{';
            for (Field field : parts) {
                int place = out.length();
                out.raw(before);
                out.raw(field.start());
                if (field.template().write(scope, out)) {
                    before = ',';
                    answered |= field.asks();
                } else {
                    out.back(place);
                    complete &= !field.needed();
                }
            }
            boolean said = before == ',' && answered && complete;
            if (said) {
                out.raw('}');
            } else {
                out.back(begin);
            }
            return said;
        }
    }

    /** An object with fields without which it says nothing. */
    record Needing(ObjectTemplate object) implements Template {

        @Override
        public boolean write(Scope scope, JsonWriter out) {
            return object.write(scope, out);
        }

        @Override
        public boolean asksRecord() {
            return true;
        }
    }

    /** A list: what its items make, one after the other. {@code {#}} counts what was made, so sequence numbers have no holes. */
    record ListTemplate(List<Item> items) implements Template {

        @Override
        public boolean write(Scope scope, JsonWriter out) {
            int begin = out.length();
            out.raw('[');
            Written made = new Written(out);
            for (Item item : items) {
                item.addTo(made, scope);
            }
            if (made.count() == 0) {
                out.back(begin);
                return false;
            }
            out.raw(']');
            return true;
        }

        @Override
        public boolean asksRecord() {
            return items.stream().anyMatch(Item::asksRecord);
        }
    }

    /** What a list has so far. */
    interface Elements {

        int count();

        /** False if the template comes to nothing: then there is no element more. */
        boolean add(Template template, Scope scope);
    }

    /** Elements of a list that is being written. */
    final class Written implements Elements {
        private final JsonWriter out;
        private int count;

        private Written(JsonWriter out) {
            this.out = out;
        }

        @Override
        public int count() {
            return count;
        }

        @Override
        public boolean add(Template template, Scope scope) {
            int place = out.length();
            if (count > 0) {
                out.raw(',');
            }
            boolean added = template.write(scope, out);
            if (added) {
                count++;
            } else {
                out.back(place);
            }
            return added;
        }
    }

    /** One item of a list, which may make several elements. */
    interface Item {

        void addTo(Elements made, Scope scope);

        boolean asksRecord();
    }

    record Single(Template template) implements Item {

        @Override
        public void addTo(Elements made, Scope scope) {
            made.add(template, scope.turn(made.count() + 1));
        }

        @Override
        public boolean asksRecord() {
            return template.asksRecord();
        }
    }

    /** Only if the list has nothing so far: what stands for an element that has to be there. */
    record IfEmpty(Template template) implements Item {

        @Override
        public void addTo(Elements made, Scope scope) {
            if (made.count() == 0) {
                made.add(template, scope.turn(1));
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
        public void addTo(Elements made, Scope scope) {
            Set<List<String>> seen = new HashSet<>();
            int place = 0;
            for (SourceRow row : scope.record.rows()) {
                Scope turn = scope.at(row, made.count() + 1);
                if (!where.holds(turn)) {
                    continue;
                }
                List<String> key = key(turn);
                if (!distinct.isEmpty() && !seen.add(key)) {
                    continue;
                }
                place++;
                if (place <= skip || place > skip + (long) most) {
                    continue;
                }
                if (made.add(template, turn) && !as.isEmpty()) {
                    scope.numbered(as, key.get(0), made.count());
                }
            }
        }

        private List<String> key(Scope turn) {
            List<String> key = new ArrayList<>(distinct.size());
            for (Expression each : distinct) {
                key.add(each.evaluate(turn).inText());
            }
            return key;
        }

        @Override
        public boolean asksRecord() {
            return true;
        }
    }

    /** For each line of a table that stands in the mapping. */
    record ForEach(List<String> names, List<List<Value>> lines, Template template) implements Item {

        @Override
        public void addTo(Elements made, Scope scope) {
            for (List<Value> line : lines) {
                made.add(template, scope.turn(made.count() + 1, names, line));
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
        public boolean write(Scope scope, JsonWriter out) {
            for (Template alternative : alternatives) {
                if (alternative.write(scope, out)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public boolean asksRecord() {
            return alternatives.stream().anyMatch(Template::asksRecord);
        }
    }

    record When(Condition condition, Template template) implements Template {

        @Override
        public boolean write(Scope scope, JsonWriter out) {
            return condition.holds(scope) && template.write(scope, out);
        }

        @Override
        public boolean asksRecord() {
            return true;
        }
    }
}
