package dev.portolan.identity.account;

import jakarta.servlet.http.HttpServletResponse;
import java.util.Objects;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.Order;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.server.ResponseStatusException;

/** What every room's page shows when it cannot do what was asked: the sentence that it gave, in the look of the other pages. The container would know the status alone. */
@ControllerAdvice
@Order(Ordered.LOWEST_PRECEDENCE)
class PageErrors {

    @ExceptionHandler
    String refused(ResponseStatusException e, HandlerMethod asked, HttpServletResponse response, Model model) {
        if (AnnotatedElementUtils.hasAnnotation(asked.getBeanType(), RestController.class)) {
            throw e; // programs are answered by their own rooms
        }
        response.setStatus(e.getStatusCode().value());
        response.setHeader("Cache-Control", "no-store");
        model.addAttribute("title", "This did not work");
        model.addAttribute("text", Objects.requireNonNullElse(e.getReason(), "There is nothing here."));
        return "identity/message";
    }
}
