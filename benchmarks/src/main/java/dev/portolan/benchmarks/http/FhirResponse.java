package dev.portolan.benchmarks.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpHeaders;

/** A server's answer; the body is a missing node when there is none. */
public record FhirResponse(int status, JsonNode body, HttpHeaders headers) {

    public boolean successful() {
        return status >= 200 && status < 300;
    }

    /** The OperationOutcome's text, for a report. */
    public String diagnostics() {
        JsonNode issue = body.path("issue").path(0);
        return issue.path("diagnostics").asText(issue.path("details").path("text").asText(""));
    }
}
