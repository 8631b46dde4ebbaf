package dev.portolan.identity.account;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.ResponseBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.servlet.ModelAndView;

/** What is missing in a request to a page or an API of any room, or is of another kind. The container would know the status alone, and guess that it was no HTTP. A room's own answer goes before. */
@ControllerAdvice
@Order(Ordered.LOWEST_PRECEDENCE)
class RequestErrors {

    @ExceptionHandler
    Object missing(MissingServletRequestParameterException e, HandlerMethod asked) {
        return answer(asked, "The parameter " + e.getParameterName() + " is missing.");
    }

    @ExceptionHandler
    Object mistyped(MethodArgumentTypeMismatchException e, HandlerMethod asked) {
        return answer(asked, e.getName() + " is not what is expected there" + (Number.class.isAssignableFrom(boxed(e.getRequiredType())) ? ": a number." : "."));
    }

    private static Class<?> boxed(@Nullable Class<?> type) {
        return type == long.class || type == int.class ? Number.class : type == null ? Object.class : type;
    }

    @ExceptionHandler
    Object unreadable(HttpMessageNotReadableException e, HandlerMethod asked) {
        return answer(asked, "The body cannot be read: it is missing, or is not what Content-Type says.");
    }

    private static Object answer(HandlerMethod asked, String why) {
        if (AnnotatedElementUtils.hasAnnotation(asked.getBeanType(), RestController.class) || asked.hasMethodAnnotation(ResponseBody.class)) {
            return ResponseEntity.badRequest().header("Cache-Control", "no-store").body(Map.of("error", "invalid_request", "error_description", why));
        }
        return new ModelAndView("identity/message", Map.of("title", "This did not work", "text", why), HttpStatus.BAD_REQUEST);
    }
}
