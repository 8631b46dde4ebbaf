package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a terminology operation. One that is not read and asks for another answer than ours is refused: an answer to another question cannot be told from one to this.
 */
final class TerminologyInput {

    /** As long as a URL may be: no address, code or text to look for is longer. */
    private static final int LONGEST_VALUE = 8_000;
    /** Each may be looked for in a list of ten thousands. */
    private static final int MOST_CODINGS = 100;
    private static final Pattern NAME = Pattern.compile("[A-Za-z-]{1,40}");

    /**
     * What an operation makes of its parameters.
     *
     * @param read those that it reads
     * @param harmless those that it need not read as long as their values are such: they ask for what it does anyway
     */
    record Known(Set<String> read, Map<String, Pattern> harmless) {}

    /** A code that is asked about. */
    record CodingAsked(@Nullable String system, @Nullable String version, String code, @Nullable String display) {}

    private final String operation;
    private final OperationInput input;

    TerminologyInput(String operation, FhirRequest request, Known known) {
        this.operation = operation;
        this.input = new OperationInput(request);
        request.parameters().forEach(parameter -> check(parameter.name(), parameter.value(), known));
        JsonDocument body = request.method().equals("POST") ? request.body().get().resource() : null;
        if (body != null) {
            if (!"Parameters".equals(body.root().fieldText("resourceType"))) {
                throw new FhirException(Problem.BAD_PARAMETER, operation + " takes a Parameters resource");
            }
            checkLengths(body.root());
            body.root().each("parameter").forEach(part -> check(String.valueOf(part.fieldText("name")), simpleValue(part), known));
        }
    }

    private void check(String name, String value, Known known) {
        if (value.length() > LONGEST_VALUE) {
            throw tooLong();
        }
        // _count and its like are about the answer's form, and some are the server's own.
        boolean taken = name.startsWith("_") || known.read().contains(name) || known.harmless().containsKey(name) && known.harmless().get(name).matcher(value).matches();
        if (!taken) {
            String what = NAME.matcher(name).matches() ? "the parameter " + name : "a parameter";
            throw new FhirException(Problem.UNSUPPORTED_PARAMETER, operation + " does not support " + what + (known.harmless().containsKey(name) ? " with this value" : "") + ": leave it out");
        }
    }

    private static FhirException tooLong() {
        return new FhirException(Problem.BAD_PARAMETER, "a value of a terminology operation has at most " + LONGEST_VALUE + " characters");
    }

    private static void checkLengths(JsonValue value) {
        if (value.isObject() || value.isArray()) {
            value.children().forEach(TerminologyInput::checkLengths);
        } else if (value.text().length() > LONGEST_VALUE) {
            throw tooLong();
        }
    }

    private static String simpleValue(JsonValue part) {
        for (JsonValue field : part.children()) {
            if (String.valueOf(field.name()).startsWith("value") && !field.isObject() && !field.isArray()) {
                return field.text();
            }
        }
        return "";
    }

    @Nullable String text(String name) {
        return input.text(name);
    }

    String required(String name) {
        return input.required(name, operation);
    }

    int number(String name, int otherwise) {
        String text = input.text(name);
        if (text == null) {
            return otherwise;
        }
        if (!text.matches("[0-9]{1,9}")) {
            throw new FhirException(Problem.BAD_PARAMETER, name + " is no whole number");
        }
        return Integer.parseInt(text);
    }

    boolean flag(String name, boolean otherwise) {
        String text = input.text(name);
        if (text != null && !text.equals("true") && !text.equals("false")) {
            throw new FhirException(Problem.BAD_PARAMETER, name + " is true or false");
        }
        return text == null ? otherwise : text.equals("true");
    }

    /** An address with the version that another parameter names. */
    String canonical(String url, @Nullable String version) {
        if (version == null || version.isEmpty() || url.endsWith("|" + version)) {
            return url;
        }
        if (url.indexOf('|') >= 0) {
            throw new FhirException(Problem.BAD_PARAMETER, "the address names another version than the parameter for it");
        }
        return url + "|" + version;
    }

    /**
     * The codes that are asked about, of one of the parameters code, coding and codeableConcept.
     *
     * @param system of a code whose system no parameter names, or null
     * @param versionName the parameter with the version of the system of a code
     */
    List<CodingAsked> codings(@Nullable String system, String versionName) {
        List<CodingAsked> codings = new ArrayList<>();
        String code = input.text("code");
        JsonValue coding = input.value("coding");
        JsonValue concept = input.value("codeableConcept");
        if ((code == null ? 0 : 1) + (coding == null ? 0 : 1) + (concept == null ? 0 : 1) > 1) {
            throw new FhirException(Problem.BAD_PARAMETER, operation + " takes one of code, coding and codeableConcept");
        }
        if (code != null) {
            String named = input.text("system");
            if (named == null && system == null) {
                throw new FhirException(Problem.MISSING_PARAMETER, operation + " needs the parameter system with a code");
            }
            codings.add(new CodingAsked(named == null ? system : named, input.text(versionName), code, input.text("display")));
        }
        add(coding, versionName, codings);
        if (concept != null) {
            JsonValue all = concept.field("coding");
            if (all != null && all.size() > MOST_CODINGS) {
                throw new FhirException(Problem.BAD_PARAMETER, "a concept that is asked about has at most " + MOST_CODINGS + " codings");
            }
            concept.each("coding").forEach(each -> add(each, versionName, codings));
        }
        if (codings.isEmpty()) {
            throw new FhirException(Problem.MISSING_PARAMETER, "say which code: by code (and system), coding, or codeableConcept");
        }
        return codings;
    }

    private void add(@Nullable JsonValue coding, String versionName, List<CodingAsked> codings) {
        String code = coding == null ? null : coding.fieldText("code");
        if (code != null) {
            String version = coding.fieldText("version");
            String display = coding.fieldText("display");
            codings.add(new CodingAsked(coding.fieldText("system"), version == null ? input.text(versionName) : version, code, display == null ? input.text("display") : display));
        }
    }
}
