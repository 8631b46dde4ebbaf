package dev.portolan.audit;

import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One access, allowed or refused. Holds no payload, no token and no search values: they may identify a member.
 *
 * @param api which API, for instance {@code patient-access}; {@link #IDENTITY} for security events, {@link #AUDIT} for what is done to and with the trail itself
 * @param operation FHIR interaction ({@code read}, {@code search-type}, ...), operation ({@code $everything}), or security event ({@code sign-in}, ...)
 */
public record AuditEntry(String api, String operation, Outcome outcome, Caller caller, Subject subject, Authority authority, Origin origin) {

    /** The api of sign-ins, tokens, consents, apps and keys. */
    public static final String IDENTITY = "identity";
    /** The api of questions to the trail, exports, holds and purges. */
    public static final String AUDIT = "audit";

    /**
     * @param status HTTP status of the answer
     * @param code why it was refused: the code of the first OperationOutcome issue, or a more exact word ({@code revoked}); null if it was not
     */
    public record Outcome(int status, @Nullable String code) {}

    /**
     * @param app the client
     * @param person the signed-in person, or null for a system
     * @param relation how the person stands to the member if it is not the member: what a personal representative is to the member, {@code staff}; or null
     */
    public record Caller(String app, @Nullable String person, @Nullable String relation) {}

    /**
     * What left, or was asked for.
     *
     * @param members logical ids of the Patients whose data it was
     * @param types resource types
     * @param resource {@code Type/id} for an interaction with one resource, or null
     * @param resources how many resources left or were written
     * @param withheld how many were held back by policy
     * @param categories codes of the {@link DataCategory data categories} that left or were written
     * @param query names of the search parameters; of a Bundle what its entries did; of an event what else an auditor needs, as {@code name=value}; or null
     */
    public record Subject(
        List<String> members, List<String> types, @Nullable String resource, int resources, int withheld, List<String> categories, @Nullable String query) {}

    /** By which right: the grant, the scopes that the token held, why ({@code UNKNOWN} where nobody was let in), and the consents that it rests on. */
    public record Authority(String grant, List<String> scopes, String purpose, List<String> consents) {}

    /**
     * @param address where the request came from, or null if it came from the server itself
     * @param request the request's id, as in {@code X-Request-Id}
     */
    public record Origin(@Nullable String address, String request) {

        private static final int LONGEST = 200;
        private static final Pattern ADDRESSES = Pattern.compile("[0-9A-Fa-f:., \\[\\]]{3," + LONGEST + "}");

        /**
         * The peer's address, and for whom it says that it speaks if it is a proxy: true is only what stands first, and what a proxy of the plan's wrote at the end. So the end is kept, whatever a caller wrote before it.
         *
         * @param forwarded the lines of {@code X-Forwarded-For}
         */
        public static Origin of(String peer, Collection<String> forwarded, String request) {
            String chain = plainEnd(String.join(", ", forwarded));
            return new Origin(chain.isEmpty() ? peer : peer + " for " + chain, request);
        }

        private static String plainEnd(String forwarded) {
            // One char more: if it is no comma, what follows is the rest of an address.
            String end = forwarded.length() <= LONGEST ? forwarded : forwarded.substring(forwarded.length() - LONGEST - 1);
            while (!end.isEmpty() && !ADDRESSES.matcher(end).matches()) {
                int comma = end.indexOf(',');
                end = comma < 0 ? "" : end.substring(comma + 1).strip();
            }
            return end;
        }
    }
}
