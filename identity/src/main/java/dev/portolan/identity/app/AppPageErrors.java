package dev.portolan.identity.app;

import org.springframework.http.HttpStatus;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.ResponseStatus;

/** What the pages about apps show for an app that is not there, or not theirs to see. */
@ControllerAdvice(assignableTypes = {DeveloperPages.class, StaffPages.class})
class AppPageErrors {
    @ExceptionHandler
    @ResponseStatus(HttpStatus.NOT_FOUND)
    String notFound(AppRejected e, Model model) {
        model.addAttribute("title", "There is nothing here");
        model.addAttribute("text", e.getMessage());
        return "identity/message";
    }
}
