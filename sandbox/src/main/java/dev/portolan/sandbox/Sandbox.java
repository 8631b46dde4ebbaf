package dev.portolan.sandbox;

import java.util.Optional;

/**
 * What a server has for trying it out.
 *
 * @param access accounts, apps and tokens; empty where real members' data is, and then there is no page of them either
 */
public record Sandbox(Optional<SandboxAccess> access) {
}
