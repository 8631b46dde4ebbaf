package dev.portolan.intake.mapping;

import java.math.BigDecimal;
import java.util.Map;
import java.util.regex.Pattern;

/** What can stand behind a bar: {@code {Claim paid date | date}}. Each takes a value that is there and gives one, or nothing with a problem. */
final class Filters {

    /** National Drug Code: eleven digits, or the ten that the FDA assigns, in three parts or without hyphens. */
    private static final Pattern NDC = Pattern.compile("\\d{10,11}|\\d{4,5}-\\d{3,4}-\\d{1,2}");

    /** Of a number before or behind the point: {@code 1e999999999} would be a gigabyte once it is written out. */
    private static final int MOST_PLACES = 1_000;

    private final Map<String, CodeTable> tables;

    Filters(Map<String, CodeTable> tables) {
        this.tables = tables;
    }

    /** A value on its way through the filters of one expression. */
    @FunctionalInterface
    interface Filter {

        Value apply(Value value, Scope scope);
    }

    /**
     * @param column for problems: what the expression begins with
     * @throws MappingException if there is no such filter, or its argument is wrong
     */
    Filter compile(String name, String argument, String column, String place) {
        return switch (name) {
            case "date" -> {
                DateForm form = DateForm.of(argument, place);
                yield (value, scope) -> date(value.inText(), form, column, scope);
            }
            case "datetime" -> {
                DateForm form = DateForm.of(argument, place);
                yield (value, scope) -> dateTime(value.inText(), form, column, scope);
            }
            case "decimal" -> (value, scope) -> number(value.inText(), false, column, scope);
            case "integer" -> (value, scope) -> number(value.inText(), true, column, scope);
            case "money" -> (value, scope) -> money(value.inText(), argument.isEmpty() ? "USD" : argument, column, scope);
            case "boolean" -> (value, scope) -> flag(value.inText(), column, scope);
            case "upper" -> (value, scope) -> Value.text(value.inText().toUpperCase(java.util.Locale.ROOT));
            case "lower" -> (value, scope) -> Value.text(value.inText().toLowerCase(java.util.Locale.ROOT));
            case "digits" -> (value, scope) -> Value.text(value.inText().replaceAll("\\D", ""));
            case "word" -> word(number(argument, 1, name, place));
            case "words-but-last" -> (value, scope) -> Value.text(value.inText().contains(" ") ? value.inText().substring(0, value.inText().lastIndexOf(' ')) : "");
            case "last-word" -> (value, scope) -> Value.text(value.inText().substring(value.inText().lastIndexOf(' ') + 1));
            case "take" -> take(number(argument, 0, name, place));
            case "id" -> (value, scope) -> new Value.Text(id(value.inText()));
            case "ref" -> (value, scope) -> new Value.Text(argument + "/" + id(value.inText()));
            case "npi" -> (value, scope) -> npi(value, column, scope);
            case "nonzero" -> (value, scope) -> number(value.inText(), false, column, scope) instanceof Value.Number amount && amount.number().signum() == 0 ? Value.NOTHING : value;
            case "ndc" -> (value, scope) -> NDC.matcher(value.inText()).matches() ? value : Value.NOTHING;
            case "valid-npi" -> (value, scope) -> isNpi(value.inText()) ? value : Value.NOTHING;
            case "icd10", "icd9" -> (value, scope) -> Value.text(dotted(value.inText(), name.equals("icd9") && value.inText().startsWith("E") ? 4 : 3));
            case "matches" -> matches(argument, place);
            case "number-in" -> (value, scope) -> scope.numberOf(argument, value.inText());
            case "text" -> (value, scope) -> Value.text(value.inText());
            case "stored" -> stored(argument, place);
            case "map" -> conceptMap(argument, column, place);
            case "mapped" -> mapped(argument, place);
            case "default", "required" -> (value, scope) -> value;
            case "code" -> codeOnly(table(argument, place), column);
            case "coding" -> coding(table(argument, place), column);
            default -> throw new MappingException(place, "there is no filter '" + name + "'");
        };
    }

    private CodeTable table(String name, String place) {
        CodeTable table = tables.get(name);
        if (table == null) {
            throw new MappingException(place, "there is no code table '" + name + "' under 'codes'");
        }
        return table;
    }

    private static int number(String argument, int least, String filter, String place) {
        try {
            int number = Integer.parseInt(argument);
            if (number >= least) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new MappingException(place, "'" + filter + "' needs a whole number from " + least + " up");
    }

    private static Filter take(int most) {
        return (value, scope) -> Value.text(value.inText().substring(0, Math.min(most, value.inText().length())));
    }

    private static Filter word(int number) {
        return (value, scope) -> {
            String[] words = value.inText().split("\\s+");
            return number <= words.length ? Value.text(words[number - 1]) : Value.NOTHING;
        };
    }

    static String id(String key) {
        return LogicalId.of(key);
    }

    private static Value date(String text, DateForm form, String column, Scope scope) {
        String day = form.day(text);
        if (day != null) {
            return new Value.Text(day);
        }
        scope.warn("bad-date", column, "holds no " + form.words());
        return Value.NOTHING;
    }

    private static Value dateTime(String text, DateForm form, String column, Scope scope) {
        String time = form.time(text);
        return time == null ? date(text, form, column, scope) : new Value.Text(time);
    }

    static Value number(String text, boolean whole, String column, Scope scope) {
        try {
            BigDecimal number = new BigDecimal(text.replace("$", "").replace(",", ""));
            if (Math.abs((long) number.scale()) > MOST_PLACES) {
                throw new NumberFormatException("too long");
            }
            if (!whole) {
                return new Value.Number(number);
            }
            return new Value.Number(new BigDecimal(number.toBigIntegerExact()));
        } catch (ArithmeticException | NumberFormatException e) {
            scope.warn("bad-number", column, "holds no " + (whole ? "whole " : "") + "number");
            return Value.NOTHING;
        }
    }

    private static Value money(String text, String currency, String column, Scope scope) {
        Value amount = number(text, false, column, scope);
        if (amount == Value.NOTHING) {
            return amount;
        }
        return Value.money(amount, currency);
    }

    private static Value flag(String text, String column, Scope scope) {
        return switch (text.toLowerCase(java.util.Locale.ROOT)) {
            case "true", "t", "yes", "y", "1" -> new Value.Flag(true);
            case "false", "f", "no", "n", "0" -> new Value.Flag(false);
            default -> {
                scope.warn("bad-boolean", column, "holds neither yes nor no");
                yield Value.NOTHING;
            }
        };
    }

    /** An NPI has ten digits, the last of which checks the others behind the prefix 80840 (45 CFR 162.406; ISO/IEC 7812 Luhn). */
    private static Value npi(Value value, String column, Scope scope) {
        if (!isNpi(value.inText())) {
            scope.warn("bad-npi", column, "holds no valid NPI; it is kept as it is");
        }
        return value;
    }

    private static boolean isNpi(String digits) {
        return digits.matches("\\d{10}") && luhn("80840" + digits) == 0;
    }

    /** Claims have ICD codes without their dot, which the code systems have: after the third character, of an external cause in ICD-9-CM (E code) after the fourth. */
    private static String dotted(String code, int place) {
        return code.length() <= place || code.indexOf('.') >= 0 ? code : code.substring(0, place) + '.' + code.substring(place);
    }

    /** The value if it has the form, else nothing. */
    private static Filter matches(String form, String place) {
        try {
            Pattern pattern = Pattern.compile(form);
            return (value, scope) -> pattern.matcher(value.inText()).matches() ? value : Value.NOTHING;
        } catch (java.util.regex.PatternSyntaxException e) {
            throw new MappingException(place, "'" + form + "' is no regular expression: " + e.getDescription());
        }
    }

    /** {@code stored Coverage payor.reference}: a value of the resource that has this business key, if it is loaded. */
    private static Filter stored(String argument, String place) {
        String[] words = argument.split("\\s+");
        if (words.length != 2) {
            throw new MappingException(place, "'stored' needs a resource type and a path: stored Coverage payor.reference");
        }
        return (value, scope) -> scope.references.stored(words[0], id(value.inText()), words[1]).map(Value::text).orElse(Value.NOTHING);
    }

    /** {@code map URL}: the coding that a ConceptMap of the plan has for a local code. Without one there is nothing, or the code under a system that is named; both are reported. */
    private static Filter conceptMap(String argument, String column, String place) {
        String[] words = argument.split("\\s+");
        if (argument.isEmpty() || words.length > 2) {
            throw new MappingException(place, "'map' needs the canonical address of a ConceptMap, and may name the system of codes that it does not have");
        }
        return (value, scope) -> {
            References.Target target = scope.references.translate(words[0], value.inText());
            if (target != null) {
                return coding(target);
            }
            scope.unmapped(words[0], value.inText(), column);
            if (words.length == 1) {
                return Value.NOTHING;
            }
            return Value.coding(words[1], value.inText(), null);
        };
    }

    /** For a map that says which codes are meant at all: what it does not have is something else, and nothing to be told. */
    private static Filter mapped(String argument, String place) {
        if (argument.isEmpty() || argument.contains(" ")) {
            throw new MappingException(place, "'mapped' needs the canonical address of a ConceptMap and nothing else");
        }
        return (value, scope) -> {
            References.Target target = scope.references.translate(argument, value.inText());
            return target == null ? Value.NOTHING : coding(target);
        };
    }

    private static Value coding(References.Target target) {
        return Value.coding(target.system(), target.code(), target.display());
    }

    private static int luhn(String digits) {
        int sum = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(digits.length() - 1 - i) - '0';
            int doubled = i % 2 == 1 ? digit * 2 : digit;
            sum += doubled > 9 ? doubled - 9 : doubled;
        }
        return sum % 10;
    }

    private static Filter codeOnly(CodeTable table, String column) {
        return (value, scope) -> {
            CodeTable.Coding coding = lookUp(table, value.inText(), column, scope);
            return coding == null ? Value.NOTHING : new Value.Text(coding.code());
        };
    }

    private static Filter coding(CodeTable table, String column) {
        return (value, scope) -> {
            CodeTable.Coding coding = lookUp(table, value.inText(), column, scope);
            return coding == null ? Value.coding(table.sourceSystem(), value.inText(), null) : coding.json();
        };
    }

    private static CodeTable.@org.jspecify.annotations.Nullable Coding lookUp(CodeTable table, String local, String column, Scope scope) {
        CodeTable.Coding found = table.find(local);
        if (found == null) {
            scope.unmapped(table.name(), local, column);
            return table.otherwise();
        }
        return found;
    }
}
