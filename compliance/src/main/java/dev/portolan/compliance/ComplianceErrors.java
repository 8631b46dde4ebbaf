package dev.portolan.compliance;

import dev.portolan.audit.AuditUnavailableException;
import java.util.Map;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.server.ResponseStatusException;

/** What a call of the JSON API is told when it cannot be answered. */
@RestControllerAdvice(assignableTypes = {AuditApi.class, MyAccessApi.class, YearlyUseApi.class})
@Order(Ordered.HIGHEST_PRECEDENCE) // before what pages show
class ComplianceErrors {

    @ExceptionHandler
    ResponseEntity<Map<String, String>> invalid(TrailQuestion.Invalid e) {
        return answer(HttpStatus.BAD_REQUEST, e.getMessage());
    }

    @ExceptionHandler
    ResponseEntity<Map<String, String>> invalid(IllegalArgumentException e) {
        return answer(HttpStatus.BAD_REQUEST, "The request does not hold together: " + e.getMessage());
    }

    @ExceptionHandler
    ResponseEntity<Map<String, String>> unavailable(AuditUnavailableException e) {
        return answer(HttpStatus.SERVICE_UNAVAILABLE, "The audit trail cannot be read or written now, so nothing is given out: try again later.");
    }

    @ExceptionHandler
    ResponseEntity<Map<String, String>> other(ResponseStatusException e) {
        return answer(HttpStatus.valueOf(e.getStatusCode().value()), String.valueOf(e.getReason()));
    }

    private static ResponseEntity<Map<String, String>> answer(HttpStatus status, String message) {
        return ResponseEntity.status(status).body(Map.of("error", message));
    }
}
