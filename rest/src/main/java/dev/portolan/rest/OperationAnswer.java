package dev.portolan.rest;

import java.util.ArrayList;
import java.util.List;

/** What an operation answers: a FHIR resource, plain JSON, a file, or nothing but a status. */
public final class OperationAnswer {

    private final Answer answer;

    private OperationAnswer(Answer answer) {
        this.answer = answer;
    }

    static OperationAnswer of(Answer answer) {
        return new OperationAnswer(answer);
    }

    Answer answer() {
        return answer;
    }

    /** A status without a body. */
    public static OperationAnswer empty(int status) {
        return new OperationAnswer(Answer.empty(status, Answer.Access.of("operation")));
    }

    /** A FHIR resource, in the format that the caller wants. */
    public static OperationAnswer resource(int status, byte[] json) {
        return new OperationAnswer(Answer.json(status, json, Answer.Access.of("operation")));
    }

    /** An OperationOutcome with one remark. */
    public static OperationAnswer remark(int status, String text) {
        return resource(status, Outcomes.note("information", "informational", text));
    }

    /** JSON that is no resource, as it is. */
    public static OperationAnswer json(int status, byte[] json) {
        return new OperationAnswer(new Answer(status, new Answer.Sent("application/json", SentFile.of(json)), null, false, Answer.Access.of("operation")));
    }

    /** A file as it is, whole or in ranges (RFC 9110, section 14). */
    public static OperationAnswer file(String contentType, SentFile file) {
        return new OperationAnswer(new Answer(200, new Answer.Sent(contentType, file), null, false, Answer.Access.of("operation")));
    }

    /** With a response header. */
    public OperationAnswer with(String name, String value) {
        List<Answer.Header> headers = new ArrayList<>(answer.headers());
        headers.add(new Answer.Header(name, value));
        return new OperationAnswer(answer.withHeaders(headers));
    }

    /**
     * What leaves, for the audit trail; without it only that the operation was invoked is recorded.
     *
     * @param operation its name in the trail, for instance {@code $export}
     * @param members ids of the Patients whose data leaves or is asked for
     * @param resource {@code Type/id} that it is about, or null
     */
    public OperationAnswer recorded(String operation, List<String> types, @org.jspecify.annotations.Nullable String resource, int resources, List<String> members) {
        return recorded(operation, types, resource, resources, members, List.of());
    }

    /** @param categories of the data that leaves, as the trail names them ({@link dev.portolan.audit.DataCategory#code}): for what leaves unseen, in a file */
    public OperationAnswer recorded(String operation, List<String> types, @org.jspecify.annotations.Nullable String resource, int resources, List<String> members, List<String> categories) {
        return new OperationAnswer(answer.withAccess(new Answer.Access(operation, types, resource, members, null, new Disclosed().count(resources, categories))));
    }
}
