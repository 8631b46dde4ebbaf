package dev.portolan.identity.scope;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A set of scopes, in the order in which they were asked for. Several scopes allow what any of them allows. */
public record SmartScopes(List<SmartScope> values) {

    public SmartScopes {
        values = List.copyOf(new LinkedHashSet<>(values));
    }

    /** Reads a {@code scope} parameter; what is unknown or malformed is dropped. */
    public static SmartScopes parse(String text) {
        return parse(List.of(text.trim().split(" +")));
    }

    public static SmartScopes parse(Collection<String> texts) {
        return new SmartScopes(texts.stream().flatMap(t -> SmartScope.parse(t).stream()).toList());
    }

    /** These scopes, cut down to what {@code allowed} allows. A scope that is allowed whole keeps the text it came with. */
    public SmartScopes within(SmartScopes allowed) {
        List<SmartScope> kept = new ArrayList<>();
        for (SmartScope asked : values) {
            if (allowed.covers(asked)) {
                kept.add(asked);
            } else if (asked instanceof ResourceScope resource) {
                allowed.resources().flatMap(a -> resource.intersect(a).stream()).forEach(kept::add);
            }
        }
        return new SmartScopes(kept);
    }

    /** Whether one of these scopes allows all of {@code scope}. */
    public boolean covers(SmartScope scope) {
        return values.stream().anyMatch(v -> v.covers(scope));
    }

    /** The others. */
    public SmartScopes without(Set<String> texts) {
        return new SmartScopes(values.stream().filter(v -> !texts.contains(v.text())).toList());
    }

    public boolean has(String text) {
        return values.stream().anyMatch(v -> v.text().equals(text));
    }

    public Stream<ResourceScope> resources() {
        return values.stream().filter(ResourceScope.class::isInstance).map(ResourceScope.class::cast);
    }

    /** Whether a member has to be chosen: {@code launch/patient} or any {@code patient/} scope (SMART, Scopes for requesting context data). */
    public boolean needPatient() {
        return values.stream().anyMatch(v -> v instanceof SmartScope.Launch l && l.context().equals("patient")
                || v instanceof ResourceScope r && r.level() == ResourceScope.Level.PATIENT);
    }

    public boolean isEmpty() {
        return values.isEmpty();
    }

    public Set<String> texts() {
        return values.stream().map(SmartScope::text).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** As a {@code scope} parameter. */
    public String text() {
        return String.join(" ", texts());
    }

    @Override
    public String toString() {
        return text();
    }
}
