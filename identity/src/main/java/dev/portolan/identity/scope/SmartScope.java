package dev.portolan.identity.scope;

import java.util.Optional;
import java.util.Set;

/**
 * One SMART App Launch scope. What is no scope that this server knows is no value of this type: see {@link #parse}.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html">Scopes and launch context</a>
 */
public sealed interface SmartScope permits ResourceScope, SmartScope.Named, SmartScope.Launch {

    /** The scope as it is written in a {@code scope} parameter, in the syntax in which it was asked for. */
    String text();

    /** Whether whoever holds this scope may do all that {@code other} allows. */
    boolean covers(SmartScope other);

    /** Identity and lifetime: {@code openid}, {@code fhirUser}, {@code profile}, {@code offline_access}, {@code online_access}. */
    record Named(String text) implements SmartScope {
        static final Set<String> KNOWN = Set.of("openid", "fhirUser", "profile", "offline_access", "online_access");

        @Override
        public boolean covers(SmartScope other) {
            return equals(other);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** {@code launch}, {@code launch/patient}, {@code launch/encounter}, with an optional {@code ?role=}. */
    record Launch(String text, String context) implements SmartScope {
        @Override
        public boolean covers(SmartScope other) {
            return other instanceof Launch launch && launch.context.equals(context);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * Reads one scope. Empty for what is unknown or malformed: an unknown scope is dropped, never widened (letters out of order included).
     */
    static Optional<SmartScope> parse(String text) {
        if (Named.KNOWN.contains(text)) {
            return Optional.of(new Named(text));
        }
        if (text.equals("launch")) {
            return Optional.of(new Launch(text, ""));
        }
        if (text.startsWith("launch/")) {
            String context = text.substring("launch/".length());
            int role = context.indexOf("?role=");
            String type = role < 0 ? context : context.substring(0, role);
            return type.matches("[a-z][A-Za-z]{1,40}") ? Optional.of(new Launch(text, type)) : Optional.empty();
        }
        return ResourceScope.parse(text).map(SmartScope.class::cast);
    }
}
