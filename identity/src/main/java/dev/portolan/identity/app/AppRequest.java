package dev.portolan.identity.app;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a registration asks for, whichever way it came. What is null was not said. */
public record AppRequest(@Nullable String name, App.@Nullable Kind kind, @Nullable String authMethod, @Nullable List<String> grantTypes,
                         @Nullable List<String> responseTypes, @Nullable String scope, @Nullable List<String> redirectUris,
                         @Nullable String launchUri, @Nullable String jwksUri, @Nullable String jwks, App.@Nullable Metadata metadata,
                         @Nullable Map<String, String> attestation) {}
