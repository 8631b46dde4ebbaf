package dev.portolan.fhir.search;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The registry. */
final class DefinedParameters implements SearchParameters {

    /** Raised when the way values are read changes, so that what was indexed before is indexed again. */
    private static final String READING = "4";

    private final Map<String, Map<String, SearchParameter>> byType;
    private final String fingerprint;

    DefinedParameters(Map<String, Map<String, SearchParameter>> byType) {
        this.byType = byType;
        this.fingerprint = digest();
    }

    @Override
    public Optional<SearchParameter> find(String resourceType, String code) {
        return Optional.ofNullable(byType.getOrDefault(resourceType, Map.of()).get(code));
    }

    @Override
    public Collection<SearchParameter> of(String resourceType) {
        return Collections.unmodifiableCollection(byType.getOrDefault(resourceType, Map.of()).values());
    }

    @Override
    public Set<String> resourceTypes() {
        return ReferenceText.RESOURCE_TYPES;
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    private String digest() {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(READING.getBytes(StandardCharsets.UTF_8));
            for (Map<String, SearchParameter> parameters : byType.values()) {
                for (SearchParameter parameter : parameters.values()) {
                    sha.update(describe(parameter).getBytes(StandardCharsets.UTF_8));
                    parameter.components().forEach(part ->
                        sha.update((part.expression() + describe(part.definition())).getBytes(StandardCharsets.UTF_8)));
                }
            }
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static String describe(SearchParameter parameter) {
        return parameter.resourceType() + "\n" + parameter.code() + "\n" + parameter.type() + "\n" + parameter.expression() + "\n" + new TreeSet<>(parameter.targets()) + "\n";
    }
}
