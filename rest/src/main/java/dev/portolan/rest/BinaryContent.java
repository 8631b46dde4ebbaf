package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A Binary as the file that it holds, to callers whose Accept names no format of FHIR (R4 binary, section 2.41.4). It is read, allowed and recorded as the resource is: only the form in which it leaves is another.
 */
final class BinaryContent {

    private static final Pattern PATH = Pattern.compile("Binary/[^/]+(/_history/[^/]+)?");
    private static final Pattern CONTENT_TYPE = Pattern.compile("[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *; *[A-Za-z0-9_.-]+=[A-Za-z0-9_.\"+-]+)*");
    /** Whoever wrote the file may have written a page with scripts, and it comes from the address that members sign in at: no browser may show it as a page of ours, nor take it for one. */
    private static final List<Answer.Header> HARMLESS = List.of(
        new Answer.Header("Content-Disposition", "attachment"), new Answer.Header("X-Content-Type-Options", "nosniff"), new Answer.Header("Content-Security-Policy", "default-src 'none'; sandbox"));

    private BinaryContent() {}

    /** Whether a Binary is read, and in no format of FHIR. */
    static boolean isAskedFor(HttpServletRequest http, @Nullable String accept) {
        boolean read = http.getMethod().equals("GET") || http.getMethod().equals("HEAD");
        if (accept == null || !read || accept.contains("fhir") || !PATH.matcher(RequestReader.path(http)).matches()) {
            return false;
        }
        try {
            MediaType.wanted(accept, null);
            return false;
        } catch (FhirException none) {
            return none.problem() == Problem.NOT_ACCEPTABLE;
        }
    }

    /** @throws FhirException if it is of a type that the caller does not take: the right answer to any other read is no answer to this one */
    static Answer of(Answer answer, String accept) {
        if (!(answer.body() instanceof Answer.Stored stored)) {
            return answer;
        }
        JsonValue binary = JsonDocument.parse(stored.json()).root();
        String type = binary.fieldText("contentType");
        String data = binary.fieldText("data");
        if (type == null || data == null || !CONTENT_TYPE.matcher(type).matches() || !isTaken(MediaType.essence(type), accept)) {
            throw new FhirException(Problem.NOT_ACCEPTABLE, "the Binary holds no content of a type that Accept names: ask for application/fhir+json, which says what it holds");
        }
        List<Answer.Header> headers = new ArrayList<>(answer.headers());
        headers.addAll(HARMLESS);
        return answer.withBody(new Answer.Sent(type, SentFile.of(Base64.getMimeDecoder().decode(data)))).withHeaders(headers);
    }

    private static boolean isTaken(String type, String accept) {
        for (String range : accept.toLowerCase(Locale.ROOT).split(",")) {
            String name = MediaType.essence(range);
            boolean fits = name.equals(type) || name.endsWith("/*") && type.startsWith(name.substring(0, name.length() - 1));
            if (fits && !range.replace(" ", "").matches(".*;q=0(\\.0*)?")) {
                return true;
            }
        }
        return false;
    }
}
