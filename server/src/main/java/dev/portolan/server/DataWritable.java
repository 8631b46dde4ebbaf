package dev.portolan.server;

import java.nio.file.Path;

import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.boot.context.logging.LoggingApplicationListener;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;

import dev.portolan.server.database.DataDirectory;

/** Asks for the data directory before the log is opened in it: else whoever named one that cannot be written to is told by the log's own failure, in forty lines. */
final class DataWritable implements ApplicationListener<ApplicationEnvironmentPreparedEvent>, Ordered {

    private static final String USUAL = ".portolan/data";

    @Override
    public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
        String folder = event.getEnvironment().getProperty("portolan.data", USUAL);
        if (!folder.isBlank()) { // which is refused with all other settings
            DataDirectory.prepare(Path.of(folder));
        }
    }

    @Override
    public int getOrder() {
        return LoggingApplicationListener.DEFAULT_ORDER - 1;
    }
}
