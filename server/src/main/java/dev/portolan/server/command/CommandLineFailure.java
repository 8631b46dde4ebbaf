package dev.portolan.server.command;

import java.net.BindException;
import java.security.cert.CertificateException;
import java.util.List;

import org.springframework.boot.web.server.PortInUseException;

import dev.portolan.server.SettingRefused;
import dev.portolan.server.database.DatabaseException;

/** Finds the one sentence in a failure that helps whoever typed the command. */
public final class CommandLineFailure {

    /** What they say is which of their parts failed, and not what to do. */
    private static final List<String> FRAMEWORKS = List.of("org.springframework.", "org.flywaydb.", "java.util.concurrent.");

    private CommandLineFailure() {
    }

    public static String sentence(Throwable failure) {
        Throwable deepest = failure;
        Throwable told = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof PortInUseException inUse) {
                return "port " + inUse.getPort() + " is in use; stop what listens there, or choose another with --port";
            }
            if (cause instanceof BindException) {
                return "the port cannot be listened on (" + cause.getMessage() + "); choose another with --port";
            }
            if (cause instanceof DatabaseException || cause instanceof SettingRefused) {
                return cause.getMessage();
            }
            if (cause instanceof org.springframework.boot.context.properties.bind.BindException setting) {
                return SettingRefused.sentence(setting);
            }
            if (cause instanceof CertificateException) {
                return "Java does not trust the certificate of the server that was called (" + cause.getMessage() + "); keep it, or its issuer's, in a trust store and name that:"
                    + " JDK_JAVA_OPTIONS='-Djavax.net.ssl.trustStore=FILE -Djavax.net.ssl.trustStorePassword=...' (docs/operating.md)";
            }
            if (told == null && saysMoreThanItsCause(cause)) {
                told = cause;
            }
            deepest = cause;
        }
        // Whoever wrapped a failure knew what to do about it: the system only says what it could not do.
        String message = told != null ? told.getMessage() : deepest.getMessage();
        return message == null || message.isBlank() ? deepest.getClass().getSimpleName() : message;
    }

    private static boolean saysMoreThanItsCause(Throwable failure) {
        String message = failure.getMessage();
        boolean own = message != null && !message.isBlank() && FRAMEWORKS.stream().noneMatch(failure.getClass().getName()::startsWith);
        return own && (failure.getCause() == null || !message.equals(failure.getCause().toString()));
    }
}
