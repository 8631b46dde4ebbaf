package dev.portolan.server.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;

import org.junit.jupiter.api.Test;

import jdk.net.ExtendedSocketOptions;

class WatchedSocketFactoryTest {

    /** By itself the system asks after two hours whether the other machine is there. */
    @Test
    void a_connection_to_a_machine_that_is_gone_ends_within_a_minute() throws Exception {
        try (ServerSocket database = new ServerSocket(0); Socket socket = new WatchedSocketFactory().createSocket()) {
            socket.connect(database.getLocalSocketAddress());
            assertThat(socket.getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
            int seconds = socket.getOption(ExtendedSocketOptions.TCP_KEEPIDLE) + socket.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL) * socket.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT);
            assertThat(seconds).isLessThanOrEqualTo(60);
        }
    }
}
