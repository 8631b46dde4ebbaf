package dev.portolan.server.staff;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.audit.AuditUnavailableException;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.server.feeds.LocalOperator;
import dev.portolan.store.DatabaseOutage;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code POST /system/staff}: makes and closes accounts of the plan's staff, and gives one a new password. For the command line on the server's machine alone, with the secret of the data directory: a production
 * server begins without anybody who could let somebody in.
 */
public final class StaffServlet extends HttpServlet {

    /** What staff may be; no role includes another. */
    static final Set<String> ROLES = new TreeSet<>(Set.of("ADMIN", "AUDITOR", "CALL_CENTRE", "CLINICIAN", "OPERATOR"));

    private static final long serialVersionUID = 1L;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_BODY = 10_000;
    private static final String NAME = "[A-Za-z0-9._@-]{2,64}";

    private final transient Accounts accounts;
    private final transient LocalOperator operator;

    public StaffServlet(Accounts accounts, LocalOperator operator) {
        this.accounts = accounts;
        this.operator = operator;
    }

    /** An answer that is an error, with what to change. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int status;

        private Refused(int status, String message) {
            super(message);
            this.status = status;
        }
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Cache-Control", "no-store");
        try {
            String authorization = request.getHeader("Authorization");
            if (authorization == null || !authorization.startsWith("Operator ") || !operator.is(authorization.substring("Operator ".length()).strip())) {
                throw new Refused(401, "accounts of staff are made on the server's machine: ./portolan staff");
            }
            send(response, 200, answer(body(request)));
        } catch (Refused e) {
            send(response, e.status, Map.of("error", String.valueOf(e.getMessage())));
        } catch (AuditUnavailableException e) {
            send(response, 503, Map.of("error", "what was asked cannot be recorded at the moment, so nothing was done: try again later"));
        } catch (RuntimeException e) {
            if (!DatabaseOutage.is(e)) {
                throw e;
            }
            send(response, 503, Map.of("error", "the database cannot be reached or takes nothing at the moment: try again later"));
        }
    }

    private Map<String, Object> answer(JsonNode body) {
        String user = body.path("user").asText().strip();
        if (!user.matches(NAME)) {
            throw new Refused(400, "the name to sign in with has 2 to 64 letters, digits and . _ @ -");
        }
        return switch (body.path("action").asText()) {
            case "add" -> add(user, body);
            case "password" -> {
                String password = freshPassword();
                accounts.setPassword(staff(user).id(), password);
                yield told(user, password);
            }
            case "close" -> {
                String account = staff(user).id();
                accounts.close(account, account);
                yield Map.of("user", user);
            }
            default -> throw new Refused(400, "'action' is add, password or close");
        };
    }

    private Map<String, Object> add(String user, JsonNode body) {
        List<String> roles = new ArrayList<>();
        body.path("roles").forEach(role -> roles.add(role.asText()));
        if (roles.isEmpty() || !ROLES.containsAll(roles)) {
            throw new Refused(400, "a member of staff has at least one of the roles " + String.join(", ", ROLES));
        }
        String name = body.path("name").asText().strip();
        String password = freshPassword();
        try {
            accounts.add(Accounts.NewAccount.staff(user, password, name.isEmpty() ? user : name, null, roles.toArray(String[]::new)));
        } catch (Accounts.NameTaken e) {
            throw new Refused(409, "there is, or was, an account named " + user + "; choose another name, or give that one a new password");
        }
        return told(user, password);
    }

    private static Map<String, Object> told(String user, String password) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("user", user);
        told.put("password", password);
        return told;
    }

    private Account staff(String user) {
        return accounts.findByUsername(user).filter(account -> account.kind() == Account.Kind.STAFF).orElseThrow(() -> new Refused(404, "no member of staff is named " + user));
    }

    /** A hundred random bits, for a person to type. */
    private static String freshPassword() {
        String letters = "abcdefghjkmnpqrstuvwxyz23456789";
        StringBuilder password = new StringBuilder();
        SecureRandom random = new SecureRandom();
        for (int i = 0; i < 23; i++) {
            password.append(i % 6 == 5 ? '-' : letters.charAt(random.nextInt(letters.length())));
        }
        return password.toString();
    }

    private static JsonNode body(HttpServletRequest request) throws IOException {
        byte[] bytes = request.getInputStream().readNBytes(MOST_BODY + 1);
        try {
            JsonNode body = JSON.readTree(bytes);
            if (bytes.length > MOST_BODY || !body.isObject()) {
                throw new Refused(400, "the body should be a JSON object");
            }
            return body;
        } catch (JsonProcessingException e) {
            throw new Refused(400, "the body is no JSON");
        }
    }

    private static void send(HttpServletResponse response, int status, Map<String, Object> answer) throws IOException {
        byte[] body = JSON.writeValueAsBytes(answer);
        response.setStatus(status);
        response.setContentType("application/json");
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
