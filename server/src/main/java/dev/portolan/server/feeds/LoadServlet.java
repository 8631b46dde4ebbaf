package dev.portolan.server.feeds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.portolan.audit.AuditUnavailableException;
import dev.portolan.intake.load.LoadException;
import dev.portolan.intake.load.LoadOptions;
import dev.portolan.intake.load.LoadReports;
import dev.portolan.intake.load.LoadRun;
import dev.portolan.intake.load.LoadTrail;
import dev.portolan.intake.load.Loads;
import dev.portolan.intake.load.Quarantine;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.GrantResolver;
import dev.portolan.store.DatabaseOutage;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code /system/loads}: loads, their reports and the quarantine as JSON, for the operator: with the secret of the server's data directory, or an access token that may create and update every type for every member.
 *
 * <p>A source is a file or folder <i>of the server's machine</i>, or an address that the server fetches: the caller is trusted with the plan's data as a whole.
 */
public final class LoadServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final int MOST_BODY = 4 << 20;
    private static final int MOST_LISTED = 200;
    private static final ObjectMapper JSON = new ObjectMapper().registerModule(new SimpleModule().addSerializer(Instant.class, ToStringSerializer.instance));

    private final transient Loads loads;
    private final transient LoadReports reports;
    private final transient Quarantine quarantine;
    private final transient LocalOperator operator;
    private final transient GrantResolver grants;
    private final transient LoadTrail trail;
    private final transient OwnFiles own;

    public LoadServlet(Loads loads, LoadReports reports, Quarantine quarantine, LocalOperator operator, GrantResolver grants, LoadTrail trail, OwnFiles own) {
        this.loads = loads;
        this.reports = reports;
        this.quarantine = quarantine;
        this.operator = operator;
        this.grants = grants;
        this.trail = trail;
        this.own = own;
    }

    /** An answer that is an error, with what to change. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int status;
        /** Who was refused, if that is known of somebody who was not let in. */
        private final @Nullable String app;

        private Refused(int status, String message) {
            this(status, message, null);
        }

        private Refused(int status, String message, @Nullable String app) {
            super(message);
            this.status = status;
            this.app = app;
        }
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Cache-Control", "no-store");
        String caller = null;
        try {
            try {
                caller = caller(request);
                Object answer = answer(request, caller);
                int status = request.getMethod().equals("POST") && request.getPathInfo() == null ? 202 : 200;
                told(request, caller, status, answer);
                send(response, status, answer);
            } catch (Refused e) {
                told(request, caller, e.status, null, e.app);
                if (e.status == 401) {
                    response.setHeader("WWW-Authenticate", "Bearer");
                }
                send(response, e.status, Map.of("error", String.valueOf(e.getMessage())));
            } catch (LoadException e) {
                if (DatabaseOutage.is(e)) {
                    throw e;
                }
                told(request, caller, 422, null);
                send(response, 422, Map.of("error", String.valueOf(e.getMessage())));
            }
        } catch (AuditUnavailableException e) {
            unavailable(response, "the access cannot be recorded at the moment, so nothing is given out: try again later");
        } catch (RuntimeException e) {
            if (!DatabaseOutage.is(e)) {
                throw e;
            }
            unavailable(response, "the database cannot be reached or takes nothing at the moment: try again later; a load under way goes on by itself");
        }
    }

    private static void unavailable(HttpServletResponse response, String why) throws IOException {
        response.setHeader("Retry-After", "5");
        send(response, 503, Map.of("error", why));
    }

    private void told(HttpServletRequest request, @Nullable String caller, int status, @Nullable Object answer) {
        told(request, caller, status, answer, null);
    }

    /**
     * What holds no member's data, and was let in, is not told: a load that runs is asked for its progress every second.
     *
     * @param kept who was kept out, if that is known
     */
    private void told(HttpServletRequest request, @Nullable String caller, int status, @Nullable Object answer, @Nullable String kept) {
        String[] steps = steps(request);
        boolean reading = request.getMethod().equals("GET");
        String first = steps.length == 0 ? "" : steps[0];
        String operation = switch (first) {
            case "" -> reading ? "" : "load-asked";
            case "origin" -> "origin-read";
            case "quarantine" -> reading ? steps.length == 1 ? "quarantine-list" : "quarantine-read" : "quarantine-" + (steps.length == 3 && steps[2].matches("reprocess|dismiss") ? steps[2] : "change");
            default -> "";
        };
        if (operation.isEmpty() && caller != null) {
            return;
        }
        String resource = first.equals("origin") && steps.length == 3 && (steps[1] + "/" + steps[2]).matches("[A-Z][A-Za-z]{2,40}/[A-Za-z0-9.-]{1,64}") ? steps[1] + "/" + steps[2] : null;
        String detail = first.equals("quarantine") && steps.length > 1 && steps[1].matches("\\d{1,18}") ? "record=" + steps[1] : answer instanceof Map<?, ?> made && first.isEmpty() ? "run=" + made.get("id") : null;
        int records = answer instanceof List<?> list ? list.size() : answer == null ? 0 : 1;
        String app = caller == null ? kept : caller;
        trail.record(request, app == null ? LoadTrail.Caller.NOBODY : new LoadTrail.Caller(app, null), operation.isEmpty() ? "load-report" : operation, status, resource, records, detail);
    }

    private static String[] steps(HttpServletRequest request) {
        String path = request.getPathInfo() == null ? "" : request.getPathInfo();
        return path.isEmpty() || path.equals("/") ? new String[0] : path.substring(1).split("/");
    }

    private Object answer(HttpServletRequest request, String caller) throws IOException {
        String[] steps = steps(request);
        boolean reading = request.getMethod().equals("GET");
        if (!reading && !request.getMethod().equals("POST")) {
            throw new Refused(405, "GET and POST are what can be done here");
        }
        if (steps.length == 0) {
            return reading ? reports.latest(from(request, "before", Long.MAX_VALUE), MOST_LISTED) : ask(body(request), caller);
        }
        switch (steps[0]) {
            case "freshness" -> {
                return reports.freshness();
            }
            case "waiting-claims" -> {
                return reports.waitingClaims();
            }
            case "origin" -> {
                return steps.length == 3 ? origins(steps[1], steps[2]) : notFound();
            }
            case "quarantine" -> {
                return quarantine(steps, reading, request, caller);
            }
            default -> {
                if (steps.length == 2 && reading && steps[1].equals("acknowledgements")) {
                    return reports.acknowledgements(number(steps[0]));
                }
                return steps.length == 1 && reading ? report(number(steps[0])) : notFound();
            }
        }
    }

    private static Object notFound() {
        throw new Refused(404, "there is no such path below /system/loads");
    }

    /** Who calls, if it may. Absence is refusal. */
    private String caller(HttpServletRequest request) {
        String authorization = request.getHeader("Authorization");
        if (authorization != null && authorization.startsWith("Operator ") && operator.is(authorization.substring("Operator ".length()).strip())) {
            return "operator";
        }
        Grant grant;
        try {
            grant = grants.resolve(request);
        } catch (FhirException e) {
            throw new Refused(401, "bring the operator's access token: Authorization: Bearer ...");
        }
        boolean everything = grant.members() instanceof Grant.Members.Everyone
            && Stream.of(Interaction.CREATE, Interaction.UPDATE, Interaction.READ).allMatch(interaction -> isWhole(grant.rules().get("*"), interaction));
        if (!everything) {
            throw new Refused(403, "this token does not let its app load data about every member; it takes the operator's, with system/*.cruds", grant.app());
        }
        return grant.app();
    }

    private static boolean isWhole(Grant.@Nullable Rule rule, Interaction interaction) {
        Grant.Extent extent = rule == null ? null : rule.extent(interaction);
        return extent != null && extent.isWhole();
    }

    private Object ask(JsonNode body, String caller) {
        Map<String, String> details = new HashMap<>();
        Map<String, String> secret = new HashMap<>();
        for (String name : List.of("mapping", "clinical")) {
            putIfThere(body, name, details);
        }
        for (String name : List.of("token", "jdbc", "query")) {
            putIfThere(body, name, secret);
        }
        LoadOptions.Validation validation;
        try {
            validation = LoadOptions.Validation.valueOf(body.path("validation").asText("shapes").toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new Refused(400, "'validation' is off, shapes, sample or every");
        }
        LoadOptions options = new LoadOptions(body.path("full").asBoolean(), body.path("closeMany").asBoolean(), body.path("again").asBoolean(), validation);
        if (own.holds(body.path("source").asText())) {
            throw new Refused(422, "the server's own files, its keys and its database are no source: what is rejected of a source can be read");
        }
        String kind = body.path("kind").asText();
        return Map.of("id", loads.ask(body.path("feed").asText(kind), kind, body.path("source").asText(), options, details, secret, caller));
    }

    private static void putIfThere(JsonNode body, String name, Map<String, String> values) {
        if (body.hasNonNull(name)) {
            values.put(name, body.get(name).asText());
        }
    }

    private Object report(long id) {
        LoadRun run = reports.run(id).orElseThrow(() -> new Refused(404, "there is no load " + id));
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("run", run);
        loads.progress(id).ifPresent(progress -> answer.put("progress", progress));
        return answer;
    }

    private Object origins(String type, String id) {
        return reports.origins(type, id).stream().map(origin -> {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("feed", origin.feed());
            answer.put("part", origin.part());
            answer.put("run", origin.run());
            answer.put("file", origin.fileName());
            answer.put("line", origin.line());
            answer.put("mapping", origin.mapping() + " " + origin.mappingVersion());
            answer.put("loaded", origin.loaded());
            answer.put("raw", new String(origin.raw(), StandardCharsets.UTF_8));
            return answer;
        }).toList();
    }

    private Object quarantine(String[] steps, boolean reading, HttpServletRequest request, String caller) throws IOException {
        if (steps.length == 1 && reading) {
            String run = request.getParameter("run");
            return quarantine.list(run == null ? null : (Long) number(run), Quarantine.State.OPEN, from(request, "after", 0), MOST_LISTED);
        }
        long id = number(steps.length > 1 ? steps[1] : "");
        if (steps.length == 2 && reading) {
            return quarantine.find(id).orElseThrow(() -> new Refused(404, "there is no quarantined record " + id));
        }
        if (steps.length == 3 && !reading && steps[2].equals("reprocess")) {
            JsonNode body = body(request);
            return loads.reprocess(quarantine, id, body.hasNonNull("raw") ? body.get("raw").asText() : null, caller);
        }
        if (steps.length == 3 && !reading && steps[2].equals("dismiss")) {
            String note = body(request).path("note").asText();
            if (note.isBlank()) {
                throw new Refused(400, "say in 'note' why the record is not wanted");
            }
            if (!quarantine.dismiss(id, caller, note)) {
                throw new Refused(409, "the record is not open");
            }
            return Map.of("id", id, "state", "dismissed");
        }
        return notFound();
    }

    /** Where a list goes on whose beginning the caller has. */
    private static long from(HttpServletRequest request, String name, long otherwise) {
        String given = request.getParameter(name);
        if (given == null) {
            return otherwise;
        }
        try {
            return Long.parseLong(given);
        } catch (NumberFormatException e) {
            throw new Refused(400, "'" + name + "' is the number that the list before ended with");
        }
    }

    private static long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new Refused(404, "a number should stand in the path");
        }
    }

    private static JsonNode body(HttpServletRequest request) throws IOException {
        byte[] bytes = request.getInputStream().readNBytes(MOST_BODY + 1);
        if (bytes.length > MOST_BODY) {
            throw new Refused(413, "the body is longer than " + (MOST_BODY >> 20) + " MB");
        }
        try {
            JsonNode body = JSON.readTree(bytes.length == 0 ? "{}".getBytes(StandardCharsets.UTF_8) : bytes);
            if (!body.isObject()) {
                throw new Refused(400, "the body should be a JSON object");
            }
            return body;
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new Refused(400, "the body is no JSON");
        }
    }

    private static void send(HttpServletResponse response, int status, @Nullable Object answer) throws IOException {
        byte[] body = JSON.writeValueAsBytes(answer);
        response.setStatus(status);
        response.setContentType("application/json");
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
