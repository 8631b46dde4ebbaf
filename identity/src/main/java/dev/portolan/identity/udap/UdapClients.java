package dev.portolan.identity.udap;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.udap.UdapStatements.Signed;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;

/** Apps that a community vouches for: which they are, and how they prove it. Their certificates may be renewed; the URI in them stays. */
@Component
public final class UdapClients {
    private static final Pattern ABSOLUTE = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:[^\\s]{1,300}");
    private static final int MOST_PURPOSES = 10;
    private static final int LONGEST_TEXT = 300;

    private final UdapStatements statements;
    private final IdentityDatabase database;
    private final Clock clock;

    UdapClients(UdapStatements statements, IdentityDatabase database, Clock clock) {
        this.statements = statements;
        this.database = database;
        this.clock = clock;
    }

    /** @param uri what its certificate calls it */
    public record Member(String clientId, String community, String uri) {}

    /** What an app says of whom it asks for, and why (hl7-b2b, version 1). */
    public record Context(String organization, List<String> purposes, Map<String, String> more) {}

    public Optional<Member> find(String clientId) {
        return database.sql("select * from identity.udap_client where client_id = ?").param(clientId)
                .query((row, n) -> new Member(row.getString("client_id"), row.getString("community"), row.getString("uri"))).optional();
    }

    Optional<Member> find(String community, String uri) {
        return database.sql("select * from identity.udap_client where community = ? and uri = ?").params(community, uri)
                .query((row, n) -> new Member(row.getString("client_id"), row.getString("community"), row.getString("uri"))).optional();
    }

    void save(Member member) {
        database.sql("""
                insert into identity.udap_client (client_id, community, uri, registered_at) values (?, ?, ?, ?)
                on conflict (community, uri) do update set client_id = excluded.client_id, registered_at = excluded.registered_at""")
                .params(member.clientId(), member.community(), member.uri(), IdentityDatabase.at(clock.instant())).update();
    }

    /**
     * Whether an assertion is signed with a certificate of this app that its community vouches for now.
     *
     * @throws UdapRefused if not
     */
    public void verify(String assertion, Member member) {
        Signed signed = statements.verified(assertion, member.community());
        if (!UdapStatements.uris(signed.certificate()).contains(member.uri())) {
            throw UdapRefused.invalid("the certificate is not this app's");
        }
        if (signed.claims().getIssueTime() == null) {
            throw UdapRefused.invalid("iat is required");
        }
    }

    /**
     * The context in an assertion that was verified (UDAP Security 2.0, section 5.2.1.1).
     *
     * @throws UdapRefused if it is missing or not as its community wants it
     */
    public Context context(String assertion, Member member) {
        try {
            Map<String, Object> extensions = SignedJWT.parse(assertion).getJWTClaimsSet().getJSONObjectClaim("extensions");
            if (extensions == null || !(extensions.get("hl7-b2b") instanceof Map<?, ?> b2b)) {
                throw UdapRefused.invalid("extensions.hl7-b2b is missing: it says for which organization and for what is asked");
            }
            if (!"1".equals(b2b.get("version"))) {
                throw UdapRefused.invalid("hl7-b2b.version must be \"1\"");
            }
            if (!(b2b.get("organization_id") instanceof String organization) || !ABSOLUTE.matcher(organization).matches()) {
                throw UdapRefused.invalid("hl7-b2b.organization_id must be a URI");
            }
            return new Context(organization, purposes(b2b.get("purpose_of_use"), member), more(b2b));
        } catch (ParseException e) {
            throw UdapRefused.invalid("extensions must be an object");
        }
    }

    private List<String> purposes(Object given, Member member) {
        if (!(given instanceof List<?> list) || list.isEmpty() || list.size() > MOST_PURPOSES || !list.stream().allMatch(each -> each instanceof String text && !text.isBlank() && text.length() <= LONGEST_TEXT)) {
            throw UdapRefused.invalid("hl7-b2b.purpose_of_use must be an array of codes, at least one");
        }
        List<String> purposes = list.stream().map(String.class::cast).toList();
        List<String> allowed = statements.communities().stream().filter(community -> community.uri().equals(member.community())).flatMap(community -> community.purposes().stream()).toList();
        if (!allowed.isEmpty() && !allowed.containsAll(purposes)) {
            throw UdapRefused.invalid("hl7-b2b.purpose_of_use may hold " + allowed);
        }
        return purposes;
    }

    private static Map<String, String> more(Map<?, ?> b2b) {
        Map<String, String> more = new TreeMap<>();
        for (String name : List.of("organization_name", "subject_name", "subject_id", "subject_role")) {
            Object value = b2b.get(name);
            if (value != null && !(value instanceof String text && text.length() <= LONGEST_TEXT)) {
                throw UdapRefused.invalid("hl7-b2b." + name + " must be a string");
            }
        }
        if (b2b.get("subject_id") instanceof String subject) {
            more.put("subject", subject);
        }
        for (String name : List.of("consent_policy", "consent_reference")) {
            Object value = b2b.get(name);
            if (value != null && !(value instanceof List<?> list && list.size() <= MOST_PURPOSES && list.stream().allMatch(each -> each instanceof String text && ABSOLUTE.matcher(text).matches()))) {
                throw UdapRefused.invalid("hl7-b2b." + name + " must be an array of URIs");
            }
        }
        if (b2b.containsKey("consent_reference") && !b2b.containsKey("consent_policy")) {
            throw UdapRefused.invalid("hl7-b2b.consent_reference needs consent_policy beside it");
        }
        if (b2b.get("consent_reference") instanceof List<?> references) {
            more.put("consent_reference", references.stream().map(String.class::cast).collect(Collectors.joining(" ")));
        }
        return more;
    }
}
