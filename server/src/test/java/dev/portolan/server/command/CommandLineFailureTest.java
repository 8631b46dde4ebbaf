package dev.portolan.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.BeanCreationException;

class CommandLineFailureTest {

    @Test
    void what_to_do_is_told_and_not_what_the_system_could_not_do() {
        assertThat(CommandLineFailure.sentence(new CompletionException(new UncheckedIOException("PostgreSQL could not be unpacked; free some space", new IOException("No space left on device")))))
            .isEqualTo("PostgreSQL could not be unpacked; free some space");
        assertThat(CommandLineFailure.sentence(new IOException("the server does not answer", new ConnectException().initCause(new ClosedChannelException())))).isEqualTo("the server does not answer");
    }

    @Test
    void what_a_framework_says_of_its_parts_is_passed_over() {
        assertThat(CommandLineFailure.sentence(new BeanCreationException("x", "the bean named x", new IllegalStateException("this database is a sandbox's")))).isEqualTo("this database is a sandbox's");
        assertThat(CommandLineFailure.sentence(new RuntimeException(new IOException("No space left on device")))).isEqualTo("No space left on device");
        assertThat(CommandLineFailure.sentence(new CompletionException(new ClosedChannelException()))).isEqualTo("ClosedChannelException");
    }
}
