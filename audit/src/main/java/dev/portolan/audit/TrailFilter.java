package dev.portolan.audit;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which entries are asked for: those that fulfil everything that is set. Null and empty ask for nothing.
 *
 * @param members entries about at least one of these Patients
 * @param from the earliest time, included
 * @param to the latest time, excluded
 * @param appOrPerson either of the two
 * @param status classes of HTTP status: 2 (all below 400), 4, 5
 * @param apis any of these
 * @param notApis none of these
 * @param operations any of these
 * @param notOperations none of these
 * @param resource {@code Type/id}
 * @param type resource type
 * @param grant id of a grant, which is a token's
 * @param aboutMembers true for entries about some member only
 */
public record TrailFilter(
    Set<String> members,
    @Nullable Instant from,
    @Nullable Instant to,
    @Nullable String app,
    @Nullable String person,
    @Nullable String appOrPerson,
    Set<Integer> status,
    Set<String> apis,
    Set<String> notApis,
    Set<String> operations,
    Set<String> notOperations,
    @Nullable String resource,
    @Nullable String type,
    @Nullable String grant,
    boolean aboutMembers) {

    /** Everything. */
    public static final TrailFilter ALL = new TrailFilter(Set.of(), null, null, null, null, null, Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), null, null, null, false);

    public TrailFilter {
        members = Set.copyOf(members);
        status = Set.copyOf(status);
        apis = Set.copyOf(apis);
        notApis = Set.copyOf(notApis);
        operations = Set.copyOf(operations);
        notOperations = Set.copyOf(notOperations);
        if (!List.of(2, 4, 5).containsAll(status)) {
            throw new IllegalArgumentException("a class of status is 2, 4 or 5");
        }
    }

    public TrailFilter ofMember(String member) {
        return new TrailFilter(Set.of(member), from, to, app, person, appOrPerson, status, apis, notApis, operations, notOperations, resource, type, grant, aboutMembers);
    }

    public TrailFilter between(@Nullable Instant earliest, @Nullable Instant before) {
        return new TrailFilter(members, earliest, before, app, person, appOrPerson, status, apis, notApis, operations, notOperations, resource, type, grant, aboutMembers);
    }

    public TrailFilter ofApp(String client) {
        return new TrailFilter(members, from, to, client, person, appOrPerson, status, apis, notApis, operations, notOperations, resource, type, grant, aboutMembers);
    }

    public TrailFilter ofApis(Set<String> any) {
        return new TrailFilter(members, from, to, app, person, appOrPerson, status, any, notApis, operations, notOperations, resource, type, grant, aboutMembers);
    }
}
