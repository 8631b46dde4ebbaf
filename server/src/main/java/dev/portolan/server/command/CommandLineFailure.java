package dev.portolan.server.command;

import java.net.BindException;
import java.security.cert.CertificateException;

import org.springframework.boot.web.server.PortInUseException;

import dev.portolan.server.SettingRefused;
import dev.portolan.server.database.DatabaseException;

/** Finds the one sentence in a failure that helps whoever typed the command. */
public final class CommandLineFailure {

    private CommandLineFailure() {
    }

    public static String sentence(Throwable failure) {
        Throwable deepest = failure;
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
            if (cause instanceof CertificateException) {
                return "Java does not trust the certificate of the server that was called (" + cause.getMessage() + "); keep it, or its issuer's, in a trust store and name that:"
                    + " JDK_JAVA_OPTIONS='-Djavax.net.ssl.trustStore=FILE -Djavax.net.ssl.trustStorePassword=...' (docs/operating.md)";
            }
            deepest = cause;
        }
        String message = deepest.getMessage();
        return message == null || message.isBlank() ? deepest.getClass().getSimpleName() : message;
    }
}
