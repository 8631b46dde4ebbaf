package dev.portolan.identity.authorization;

import dev.portolan.identity.NulCharacter;
import java.lang.reflect.Type;
import org.springframework.core.MethodParameter;
import org.springframework.http.HttpInputMessage;
import org.springframework.http.converter.HttpMessageConverter;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.servlet.mvc.method.annotation.RequestBodyAdviceAdapter;

/** Refuses U+0000 in the bodies of all rooms' JSON APIs, as {@link RequestTexts} does in parameters: each answers as it does to a body that is no JSON. */
@ControllerAdvice
class BodyTexts extends RequestBodyAdviceAdapter {

    @Override
    public boolean supports(MethodParameter parameter, Type type, Class<? extends HttpMessageConverter<?>> converter) {
        return true;
    }

    @Override
    public Object afterBodyRead(Object body, HttpInputMessage message, MethodParameter parameter, Type type, Class<? extends HttpMessageConverter<?>> converter) {
        Object plain = body instanceof String ? body : StoredAuthorizations.JSON.convertValue(body, Object.class);
        if (NulCharacter.isIn(plain)) {
            throw new HttpMessageNotReadableException("The body holds U+0000.", message);
        }
        return body;
    }
}
