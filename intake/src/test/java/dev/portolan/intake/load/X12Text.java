package dev.portolan.intake.load;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes X12 for tests: segments with {@code *}, {@code :} and {@code ^}, whose envelopes, counts and numbers are made right (or wrong, on purpose) here. */
final class X12Text {

    private final StringBuilder out = new StringBuilder();
    private final String number;
    private final String group;
    private int transactions;

    X12Text(int number, String function, String version) {
        this(number, function, version, "SENDER");
    }

    X12Text(int number, String function, String version, String sender) {
        this.number = "%09d".formatted(number);
        this.group = String.valueOf(number);
        out.append("ISA*00*          *00*          *ZZ*%-15s*ZZ*PLAN           *240501*1200*^*00501*%s*0*P*:~".formatted(sender, this.number));
        out.append("GS*%s*%s*PLAN*20240501*1200*%s*X*%s~".formatted(function, sender, group, version));
        this.version = version;
    }

    private final String version;

    X12Text transaction(String set, String... segments) {
        return transaction(set, Arrays.asList(segments));
    }

    X12Text transaction(String set, List<String> segments) {
        String own = "%04d".formatted(++transactions);
        out.append("ST*").append(set).append('*').append(own).append('*').append(version).append('~');
        segments.forEach(segment -> out.append(segment).append('~'));
        out.append("SE*").append(segments.size() + 2).append('*').append(own).append('~');
        return this;
    }

    @Override
    public String toString() {
        return out + "GE*" + transactions + '*' + group + "~IEA*1*" + number + '~';
    }

    /** The same with other delimiters, and line breaks behind segments. */
    static String withDelimiters(String text, char element, char component, char repetition, String segment) {
        return text.replace('*', element).replace(':', component).replace('^', repetition).replace("~", segment);
    }

    static long segments(String text) {
        return Arrays.stream(text.split("~")).filter(segment -> !segment.isBlank()).count();
    }

    static List<String> list(Object... parts) {
        List<String> all = new ArrayList<>();
        for (Object part : parts) {
            if (part instanceof List<?> several) {
                several.forEach(one -> all.add(one.toString()));
            } else {
                all.add(part.toString());
            }
        }
        return all;
    }
}
