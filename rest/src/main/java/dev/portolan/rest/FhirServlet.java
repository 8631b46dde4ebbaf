package dev.portolan.rest;

import dev.portolan.audit.AuditUnavailableException;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.store.Grant;
import dev.portolan.store.RecordView;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One FHIR base. Registered under {@link FhirBase#path()} followed by {@code /*}.
 *
 * <p>The edge in front of it gives the request its id (the attribute {@value #REQUEST_ID}) and answers CORS.
 */
public final class FhirServlet extends HttpServlet {

    /** Request attribute with the request's id; without it the servlet makes one and answers it as X-Request-Id. */
    public static final String REQUEST_ID = "dev.portolan.request-id";

    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(FhirServlet.class);
    private static final int NEARLY_EMPTY = 5;
    private static final int MOST_READ_AWAY = 1 << 20;
    /** A page is put together in a buffer that doubles when it is full. */
    private static final int GROWING = 2;
    private static final Duration UNTIL_BUILT = Duration.ofSeconds(10);
    private static final String WAITING = "dev.portolan.rest.waiting";

    private final transient FhirBase base;
    private final transient FhirServices services;
    private final transient BufferPool buffers = new BufferPool();
    private final transient RequestReader reader;
    private final transient AnswerSender sender;
    private final transient Dispatcher dispatcher;
    private final transient Metadata metadata;
    private final transient Audits audits;

    /** An answer that is ready and may not leave before its entry is durable (AUD-01). It waits with its request, and no thread waits for it. */
    private record Waiting(Answer answer, Presentation presentation, String url, String requestId, CompletableFuture<Void> recorded) {}

    public FhirServlet(FhirBase base, FhirServices services) {
        this(base, services, List.of());
    }

    /** @param operations what this base offers beside the operations that every base has */
    public FhirServlet(FhirBase base, FhirServices services, List<FhirOperation> operations) {
        this(base, services, operations, List.of());
    }

    /**
     * @param operations what this base offers beside the operations that every base has
     * @param providers of the types of this base that are not in the store
     */
    public FhirServlet(FhirBase base, FhirServices services, List<FhirOperation> operations, List<TypeProvider> providers) {
        this(base, services, operations, providers, List.of());
    }

    /**
     * @param operations what this base offers beside the operations that every base has
     * @param providers of the types of this base that are not in the store
     * @param writers of the types of this base that are written in a way of their own
     */
    public FhirServlet(FhirBase base, FhirServices services, List<FhirOperation> operations, List<TypeProvider> providers, List<TypeWriter> writers) {
        this.base = base;
        this.services = services.with(OfferedTypes.of(base, services.grants()));
        XmlFormat xml = new XmlFormat(services.fhir(), services.structure());
        this.reader = new RequestReader(base, new BodyReader(base.limits().bodyBytes(), xml, services.room().bodies()));
        this.sender = new AnswerSender(xml, services.room().answers());
        this.audits = new Audits(base, this.services);
        Assembly assembly = new Assembly(base, this.services, buffers, xml, operations, providers, writers);
        this.dispatcher = assembly.dispatcher();
        this.metadata = assembly.metadata();
    }

    @Override
    protected void service(HttpServletRequest http, HttpServletResponse response) throws IOException {
        if (http.getAttribute(WAITING) instanceof Waiting waiting) {
            send(waiting, http, response, true);
            return;
        }
        // A browser would else keep members' data by its own rule (RFC 9111, 4.2.2), and show it after the right to it has ended. What is public says so later.
        response.setHeader("Cache-Control", "no-store");
        Exchange exchange = new Exchange(http, response, requestId(http, response), url(http));
        Answer answer;
        try {
            answer = answer(exchange);
        } catch (RuntimeException failure) {
            answer = refused(exchange, failure);
        } finally {
            services.room().bodies().give(http);
        }
        if (answer != null) {
            sendWhenRecorded(new Waiting(answer, exchange.presentation, exchange.url, exchange.requestId, exchange.recorded), http, response);
        }
    }

    /** What is known of a request so far: a refusal is presented and recorded with as much of it as there is. */
    private static final class Exchange {
        final HttpServletRequest http;
        final HttpServletResponse response;
        final String requestId;
        final String url;
        Presentation presentation = Presentation.DEFAULT;
        List<RawParameter> query = List.of();
        @Nullable Route route;
        @Nullable Grant grant;
        @Nullable Call call;
        CompletableFuture<Void> recorded = CompletableFuture.completedFuture(null);

        Exchange(HttpServletRequest http, HttpServletResponse response, String requestId, String url) {
            this.http = http;
            this.response = response;
            this.requestId = requestId;
            this.url = url;
        }
    }

    /** Null if the response is complete already. */
    private @Nullable Answer answer(Exchange exchange) throws IOException {
        HttpServletRequest http = exchange.http;
        exchange.query = reader.query(http);
        String accept = accept(http);
        // _format names a format of FHIR, and wins over Accept.
        boolean file = UrlParameters.first(exchange.query, "_format") == null && BinaryContent.isAskedFor(http, accept);
        exchange.presentation = Presentation.of(file ? null : accept, exchange.query);
        Route route = Route.of(RequestReader.path(http));
        exchange.route = route;
        http.setAttribute(CallName.ATTRIBUTE, dispatcher.name(method(http), route));
        if (http.getMethod().equals("OPTIONS")) {
            dispatcher.checkOffered(route);
            exchange.response.setHeader("Allow", dispatcher.allowed(route));
            exchange.response.setStatus(204);
            return null;
        }
        if (route.kind() == Route.Kind.METADATA) {
            dispatcher.check(method(http), route);
            return metadata.answer(exchange.url, exchange.query, HeaderLines.joined(http, "If-None-Match"), exchange.presentation, exchange.response);
        }
        // Who is nobody learns nothing, not even what this base offers.
        Grant grant = resolve(http);
        exchange.grant = grant;
        dispatcher.check(method(http), route);
        admit(http, exchange.response, grant);
        RecordView view = services.store().open(grant);
        Recording recording = new Recording(services.audit(), (given, patients) -> audits.served(http, exchange.requestId, grant, given, patients));
        Call call = new Call(base, exchange.url, Set.of(exchange.url), view, recording, Prefer.of(HeaderLines.joined(http, "Prefer")), name -> HeaderLines.joined(http, name),
            bytes -> services.room().answers().take(http, GROWING * bytes, UNTIL_BUILT), () -> admit(http, exchange.response, grant));
        exchange.call = call;
        FhirRequest request = reader.read(http, method(http), route, exchange.query);
        exchange.query = request.parameters(); // a search's form names whom it is about as a URL does, and so must the entry of its refusal
        if (!request.presentation().isEmpty()) {
            exchange.presentation = Presentation.of(file ? null : accept, request.presentation()); // a search's form may say how its answer is to look
        }
        Answer answer = dispatcher.dispatch(call, request);
        answer = file ? BinaryContent.of(answer, accept) : answer;
        exchange.recorded = recording.of(answer, view::patientIds);
        return answer;
    }

    private Answer refused(Exchange exchange, RuntimeException failure) {
        if (exchange.route == null) {
            exchange.http.setAttribute(CallName.ATTRIBUTE, dispatcher.name(Dispatcher.UNKNOWN));
        }
        FhirException refusal = ErrorTranslator.translate(failure, exchange.requestId);
        Answer answer = refuse(refusal, exchange.url, exchange.response);
        // A refusal is recorded like an answer, once (AUD-04): what has no entry does not leave either.
        if (!(failure instanceof AuditUnavailableException)) {
            exchange.recorded = recordRefusal(exchange, answer, refusal);
        }
        endConnectionOverUnreadBody(exchange.http, exchange.response);
        return answer;
    }

    private void sendWhenRecorded(Waiting waiting, HttpServletRequest http, HttpServletResponse response) throws IOException {
        if (waiting.recorded().isDone()) {
            send(waiting, http, response, true);
            return;
        }
        http.setAttribute(WAITING, waiting);
        AsyncContext later = http.startAsync();
        later.setTimeout(services.audit().patience().toMillis());
        later.addListener(new Impatience(waiting.recorded(), () -> services.room().answers().give(http)));
        boolean isBrief = isBrief(waiting, http, response);
        waiting.recorded().whenComplete((done, failure) -> {
            // What ends a wait that was too long has to be asked of the container then and there; a thread of ours would come too late.
            if (isBrief && failure == null) {
                complete(waiting, http, response, later);
            } else {
                later.dispatch();
            }
        });
    }

    /** Whether an answer is ready as it stands and fits into the response's buffer: writing it then waits for nobody, and costs less than waking a thread for it. */
    private static boolean isBrief(Waiting waiting, HttpServletRequest http, HttpServletResponse response) {
        return AnswerSender.lengthAsItStands(waiting.answer(), waiting.presentation(), http) < response.getBufferSize();
    }

    /**
     * By the trail's own thread, which then needs to wake no other, and whose next group of entries grows meanwhile: a read takes a twelfth less CPU so. It must not wait for a caller to take an answer, so what is
     * written without its length stays in the buffer, and the container sends it on completion.
     */
    private void complete(Waiting waiting, HttpServletRequest http, HttpServletResponse response, AsyncContext later) {
        try {
            send(waiting, http, response, false);
        } catch (IOException | RuntimeException e) {
            LOG.debug("an answer could not be sent", e);
        } finally {
            later.complete();
        }
    }

    private void send(Waiting waiting, HttpServletRequest http, HttpServletResponse response, boolean measured) throws IOException {
        Answer answer = waiting.answer();
        try {
            services.audit().await(waiting.recorded());
            sender.send(answer, waiting.presentation(), waiting.url(), http, response, measured);
        } catch (AuditUnavailableException unrecorded) {
            sender.send(refuse(ErrorTranslator.translate(unrecorded, waiting.requestId()), waiting.url(), response), waiting.presentation(), waiting.url(), http, response, measured);
        } finally {
            services.room().answers().give(http);
            if (answer.body() instanceof Answer.Pooled pooled) {
                buffers.give(pooled.buffer());
            }
        }
    }

    /**
     * A connection on which a body was left unread carries no further request. A short rest is read away; over a longer one the connection ends, and the answer says so: otherwise a client's next request
     * on it would be lost.
     */
    private static void endConnectionOverUnreadBody(HttpServletRequest http, HttpServletResponse response) {
        if (response.containsHeader("Connection") || http.getContentLengthLong() == 0 || http.getContentLengthLong() < 0 && http.getHeader("Transfer-Encoding") == null) {
            return;
        }
        byte[] unread = new byte[8 << 10];
        try {
            InputStream body = http.getInputStream();
            for (int read = 0, length = 0; read < MOST_READ_AWAY; read += length) {
                length = body.read(unread);
                if (length < 0) {
                    return;
                }
            }
        } catch (IOException | IllegalStateException e) {
            LOG.debug("the rest of a refused body could not be read", e);
        }
        response.setHeader("Connection", "close");
    }

    /** Operations may answer with lines of resources, which no other interaction does: an Accept that names them says nothing about the format of resources. */
    private static @Nullable String accept(HttpServletRequest http) {
        String accept = HeaderLines.joined(http, "Accept");
        boolean nothing = accept == null || accept.isBlank(); // an empty list of ranges asks for as little as none
        return nothing || accept.contains("ndjson") && RequestReader.path(http).contains("$") ? null : accept;
    }

    private static String method(HttpServletRequest http) {
        return http.getMethod().equals("HEAD") ? "GET" : http.getMethod();
    }

    private String url(HttpServletRequest http) {
        String origin = base.origin();
        if (origin != null) {
            return origin + base.path();
        }
        String scheme = http.getScheme();
        int port = http.getServerPort();
        boolean usual = port <= 0 || scheme.equals("http") && port == 80 || scheme.equals("https") && port == 443;
        return scheme + "://" + http.getServerName() + (usual ? "" : ":" + port) + base.path();
    }

    private static String requestId(HttpServletRequest http, HttpServletResponse response) {
        if (http.getAttribute(REQUEST_ID) instanceof String id) {
            return id;
        }
        String id = UUID.randomUUID().toString();
        response.setHeader("X-Request-Id", id);
        return id;
    }

    private Grant resolve(HttpServletRequest http) {
        if (!FlightRecorder.isInitialized()) {
            return services.grants().resolve(http);
        }
        GrantResolution resolution = new GrantResolution();
        resolution.begin();
        Grant grant = services.grants().resolve(http);
        resolution.commit();
        return grant;
    }

    private void admit(HttpServletRequest http, HttpServletResponse response, Grant grant) {
        RateLimiter.Admission admission = services.rateLimiter().admit(base, http, grant);
        if (admission.limit() >= 0) {
            response.setHeader("RateLimit-Limit", Long.toString(admission.limit()));
            response.setHeader("RateLimit-Remaining", Long.toString(admission.remaining()));
            response.setHeader("RateLimit-Reset", Long.toString(admission.resetSeconds()));
            if (admission.remaining() * NEARLY_EMPTY < admission.limit()) {
                response.setHeader("X-RateLimit-Warning", "more than 80 percent of the requests that may come at once are used up");
            }
        }
        if (!admission.admitted()) {
            throw new FhirException(Problem.THROTTLED, "more requests than allowed: wait " + admission.resetSeconds() + " seconds")
                .with("Retry-After", Long.toString(admission.resetSeconds()));
        }
    }

    private static Answer refuse(FhirException refusal, String url, HttpServletResponse response) {
        if (refusal.header() != null) {
            response.setHeader(refusal.header(), refusal.headerValue());
        }
        return Answer.json(refusal.problem().status(), Outcomes.of(refusal, url + "/CodeSystem/error-codes"), Answer.Access.of(refusal.problem().issue()));
    }

    private CompletableFuture<Void> recordRefusal(Exchange exchange, Answer answer, FhirException refusal) {
        try {
            return services.audit().append(audits.refused(exchange.http, exchange.requestId, exchange.grant, exchange.call, exchange.route, exchange.query, answer.status(), refusal.problem().issue()));
        } catch (RuntimeException unrecorded) {
            return CompletableFuture.failedFuture(new AuditUnavailableException("the refusal could not be recorded", unrecorded));
        }
    }
}
