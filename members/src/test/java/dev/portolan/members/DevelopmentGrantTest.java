package dev.portolan.members;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;

import dev.portolan.store.Interaction;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevelopmentGrantTest {

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "10.1.2.3", "192.168.0.7", "8.8.8.8"})
    void isRefusedWhereOthersCanReachTheServer(String address) throws Exception {
        InetAddress reachable = InetAddress.getByName(address);
        assertThatThrownBy(() -> DevelopmentGrant.forServerAt(reachable)).isInstanceOf(IllegalStateException.class).hasMessageContaining("loopback");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1", "127.1.2.3"})
    void isGivenOnLoopback(String address) throws Exception {
        assertThat(DevelopmentGrant.forServerAt(InetAddress.getByName(address)).allows("Patient", Interaction.DELETE)).isTrue();
    }

    @Test
    void namesItselfInTheAuditTrail() {
        assertThat(DevelopmentGrant.forServerAt(InetAddress.getLoopbackAddress()).app()).isEqualTo("development");
    }
}
