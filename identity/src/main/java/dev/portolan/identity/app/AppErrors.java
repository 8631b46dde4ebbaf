package dev.portolan.identity.app;

import java.util.Map;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Turns what cannot be done about an app into the error of RFC 7591, section 3.2.2. */
@RestControllerAdvice(assignableTypes = {DynamicRegistration.class, DeveloperApi.class, StaffApi.class})
@Order(Ordered.HIGHEST_PRECEDENCE)
class AppErrors {

    @ExceptionHandler
    ResponseEntity<Map<String, Object>> rejected(AppRejected e) {
        HttpStatus status = switch (e.code()) {
            case "not_found" -> HttpStatus.NOT_FOUND;
            case "access_denied" -> HttpStatus.FORBIDDEN; // RFC 7592, section 2.3: an app that may not delete itself
            default -> HttpStatus.BAD_REQUEST;
        };
        return ResponseEntity.status(status).header("Cache-Control", "no-store").body(Map.of("error", e.code(), "error_description", String.valueOf(e.getMessage())));
    }

    @ExceptionHandler
    ResponseEntity<Map<String, Object>> unreadable(HttpMessageNotReadableException e) {
        return ResponseEntity.badRequest().body(Map.of("error", "invalid_client_metadata", "error_description", "The body must be a JSON object, without U+0000."));
    }
}
