package dev.portolan.identity.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.identity.IdentityProperties;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class VaultTest {

    private static Vault with(String key) {
        return new Vault(new Binder(new MapConfigurationPropertySource(Map.of("portolan.identity.issuer", "http://127.0.0.1:8080", "portolan.identity.fhir-bases", "/patient-access/fhir", "portolan.identity.encryption-key", key)))
                .bind("portolan.identity", IdentityProperties.class).get());
    }

    /** As after a restore of the database without the data directory, or on a second node that made a key of its own. */
    @Test
    void a_database_that_was_written_with_another_key_is_told_as_that() {
        byte[] sealed = with("a".repeat(64)).seal("a signing key".getBytes(StandardCharsets.UTF_8));
        assertThat(with("a".repeat(64)).open(sealed)).asString(StandardCharsets.UTF_8).isEqualTo("a signing key");
        assertThatThrownBy(() -> with("b".repeat(64)).open(sealed)).isInstanceOf(IllegalStateException.class).hasMessageContaining("identity.key").hasMessageContaining("PORTOLAN_IDENTITY_ENCRYPTION_KEY");
    }
}
