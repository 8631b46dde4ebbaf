package dev.portolan.server;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

import org.springframework.boot.context.properties.bind.BindException;

/** A setting that cannot be what it was set to; the message names it, and says what it may be. */
public final class SettingRefused extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;
    private static final String PREFIX = "portolan.";

    SettingRefused(BindException failure) {
        super(sentence(failure), failure);
    }

    /** What is wrong with a setting, and what it may be. */
    public static String sentence(BindException failure) {
        Throwable deepest = failure;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        String reason = deepest.getMessage();
        if (deepest == failure || reason == null) {
            return failure.getMessage();
        }
        String name = failure.getName().toString();
        Class<?> type = failure.getTarget().getType().resolve();
        if (type != null && type.isEnum()) {
            reason = "it is one of " + Arrays.stream(type.getEnumConstants()).map(Object::toString).collect(Collectors.joining(", "));
        }
        // A check that looks at several settings names them itself.
        return reason.startsWith(PREFIX) || !name.startsWith(PREFIX) ? reason : name + " (" + name.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT) + "): " + reason;
    }
}
