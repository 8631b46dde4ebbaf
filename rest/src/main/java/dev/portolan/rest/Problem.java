package dev.portolan.rest;

/** Everything that a request can be refused for: HTTP status, OperationOutcome issue code, and a code of our own that never changes its meaning ({@code docs/fhir-api.md}). */
public enum Problem {
    BAD_JSON(400, "structure", "FHIR-0001"),
    BAD_XML(400, "structure", "FHIR-0002"),
    BAD_STRUCTURE(422, "structure", "FHIR-0003"),
    BAD_URL(400, "invalid", "FHIR-0004"),
    BAD_PARAMETER(400, "value", "FHIR-0005"),
    UNSUPPORTED_PARAMETER(400, "not-supported", "FHIR-0006"),
    MISSING_PARAMETER(400, "required", "FHIR-0007"),
    BAD_ID(400, "value", "FHIR-0008"),
    TYPE_MISMATCH(400, "invalid", "FHIR-0009"),
    ID_MISMATCH(400, "invalid", "FHIR-0010"),
    BAD_BUNDLE(400, "invalid", "FHIR-0011"),
    BAD_PATCH(400, "invalid", "FHIR-0012"),
    BAD_HEADER(400, "invalid", "FHIR-0013"),
    BAD_REFERENCE(400, "invalid", "FHIR-0014"),
    LOGIN_REQUIRED(401, "login", "FHIR-0101"),
    LOGIN_EXPIRED(401, "expired", "FHIR-0102"),
    FORBIDDEN(403, "forbidden", "FHIR-0103"),
    UNKNOWN_TYPE(404, "not-found", "FHIR-0201"),
    NOT_FOUND(404, "not-found", "FHIR-0202"),
    UNKNOWN_OPERATION(404, "not-supported", "FHIR-0203"),
    METHOD_NOT_ALLOWED(405, "not-supported", "FHIR-0204"),
    NOT_ACCEPTABLE(406, "not-supported", "FHIR-0205"),
    REQUEST_TIMEOUT(408, "timeout", "FHIR-0216"),
    CONFLICT(409, "conflict", "FHIR-0206"),
    GONE(410, "deleted", "FHIR-0207"),
    VERSION_MISMATCH(412, "conflict", "FHIR-0208"),
    MULTIPLE_MATCHES(412, "multiple-matches", "FHIR-0209"),
    TOO_LARGE(413, "too-long", "FHIR-0210"),
    TOO_COSTLY(413, "too-costly", "FHIR-0211"),
    URL_TOO_LONG(414, "too-long", "FHIR-0212"),
    UNSUPPORTED_MEDIA_TYPE(415, "not-supported", "FHIR-0213"),
    PROFILE_VIOLATION(422, "invariant", "FHIR-0214"),
    UNPROCESSABLE(422, "processing", "FHIR-0215"),
    THROTTLED(429, "throttled", "FHIR-0301"),
    INTERNAL(500, "exception", "FHIR-0501"),
    NOT_IMPLEMENTED(501, "not-supported", "FHIR-0502"),
    UNAVAILABLE(503, "transient", "FHIR-0503");

    private final int status;
    private final String issue;
    private final String code;

    Problem(int status, String issue, String code) {
        this.status = status;
        this.issue = issue;
        this.code = code;
    }

    /** HTTP status. */
    public int status() {
        return status;
    }

    /** OperationOutcome.issue.code. */
    public String issue() {
        return issue;
    }

    /** Our own stable code. */
    public String code() {
        return code;
    }
}
