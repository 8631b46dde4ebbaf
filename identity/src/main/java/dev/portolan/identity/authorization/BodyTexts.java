package dev.portolan.identity.authorization;

import dev.portolan.identity.NulCharacter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Type;
import java.util.Map;
import org.springframework.core.MethodParameter;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpInputMessage;
import org.springframework.http.converter.HttpMessageConverter;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.servlet.mvc.method.annotation.RequestBodyAdviceAdapter;

/**
 * Refuses bodies of all rooms' JSON APIs that are longer than any of them needs, and U+0000 in them, as {@link RequestTexts} does in parameters: each answers as it does to a body that is no JSON. Some are read before anybody
 * was asked who it is, and as objects take fifty times their bytes.
 */
@ControllerAdvice
class BodyTexts extends RequestBodyAdviceAdapter {
    /** A registration with some key sets and a software statement, or the ids of a thousand members. */
    static final int LONGEST = 128 * 1024;

    @Override
    public boolean supports(MethodParameter parameter, Type type, Class<? extends HttpMessageConverter<?>> converter) {
        return true;
    }

    /** Lists that staff send as they are (CSV) may be long. */
    @Override
    public HttpInputMessage beforeBodyRead(HttpInputMessage message, MethodParameter parameter, Type type, Class<? extends HttpMessageConverter<?>> converter) throws IOException {
        if (type == String.class) {
            return message;
        }
        byte[] body = message.getBody().readNBytes(LONGEST + 1);
        if (body.length > LONGEST) {
            throw new HttpMessageNotReadableException("The body is longer than " + LONGEST + " bytes.", message);
        }
        return new Read(message.getHeaders(), body);
    }

    private record Read(HttpHeaders headers, byte[] bytes) implements HttpInputMessage {
        @Override
        public HttpHeaders getHeaders() {
            return headers;
        }

        @Override
        public InputStream getBody() {
            return new ByteArrayInputStream(bytes);
        }
    }

    @Override
    public Object afterBodyRead(Object body, HttpInputMessage message, MethodParameter parameter, Type type, Class<? extends HttpMessageConverter<?>> converter) {
        Object plain = body instanceof String || body instanceof Map ? body : StoredAuthorizations.JSON.convertValue(body, Object.class);
        if (NulCharacter.isIn(plain)) {
            throw new HttpMessageNotReadableException("The body holds U+0000.", message);
        }
        return body;
    }
}
