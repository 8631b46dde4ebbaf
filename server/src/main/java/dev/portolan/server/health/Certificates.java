package dev.portolan.server.health;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.portolan.identity.HourlyTask;
import dev.portolan.server.health.ComponentHealth.Condition;

/**
 * When the certificates end that this server works with (OPS-05): its own for TLS, and those of trust communities. Told in the metrics, and in the log 90, 60, 30, 14, 7 and 1 days ahead and each day after the end, as their
 * files are by then; those of trust communities on the health page, too.
 */
public final class Certificates implements HourlyTask {

    private static final Logger LOG = LoggerFactory.getLogger(Certificates.class);
    private static final List<Integer> DAYS_AHEAD = List.of(90, 60, 30, 14, 7, 1);
    /** From then on somebody has to act. */
    private static final Duration SOON = Duration.ofDays(30);
    private static final Pattern PEM = Pattern.compile("-----BEGIN (X509 )?CERTIFICATE-----[^-]+-----END (X509 )?CERTIFICATE-----");

    /** What the certificate of this server itself is for. */
    public static final String TLS = "TLS";

    private final Map<String, Path> files;
    private final Clock clock;
    /** As they were when their files could last be read: a file may be half written. */
    private final Map<String, Instant> known = new ConcurrentHashMap<>();
    /** For each certificate the last that was told of it: days ahead, or after its end the day. */
    private final Map<String, Object> told = new HashMap<>();

    /**
     * @param name what it is for
     * @param at when the first certificate of its file ends: a chain is worth no more than that
     */
    public record Ending(String name, Instant at) {}

    /** @param files what each is for, and where it is */
    public Certificates(Map<String, Path> files, Clock clock) {
        this.files = Map.copyOf(files);
        this.clock = clock;
        files.forEach((name, file) -> known.put(name, ending(file)));
    }

    private static Instant ending(Path file) {
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            List<Instant> endings = new ArrayList<>();
            for (Matcher each = PEM.matcher(Files.readString(file, StandardCharsets.ISO_8859_1)); each.find();) {
                endings.add(((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(each.group().getBytes(StandardCharsets.US_ASCII)))).getNotAfter().toInstant());
            }
            if (endings.isEmpty()) {
                factory.generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file))).forEach(each -> endings.add(((X509Certificate) each).getNotAfter().toInstant()));
            }
            return endings.stream().min(Comparator.naturalOrder()).orElseThrow(() -> new IllegalArgumentException("there is no certificate in " + file));
        } catch (IOException | CertificateException e) {
            throw new IllegalArgumentException("the certificates of " + file + " cannot be read: they must be PEM", e);
        }
    }

    /** Whether there are others than this server's own. */
    public boolean hasOthers() {
        return files.keySet().stream().anyMatch(name -> !name.equals(TLS));
    }

    public List<Ending> endings() {
        files.forEach((name, file) -> {
            try {
                known.put(name, ending(file));
            } catch (IllegalArgumentException unreadable) {
                LOG.debug("{}", unreadable.getMessage());
            }
        });
        return known.entrySet().stream().map(each -> new Ending(each.getKey(), each.getValue())).sorted(Comparator.comparing(Ending::at)).toList();
    }

    /** How long until it ends; negative after that. */
    public Duration left(Ending ending) {
        return Duration.between(clock.instant(), ending.at());
    }

    /** @throws IllegalStateException if there are none but this server's own */
    public ComponentHealth health() {
        Ending first = endings().stream().filter(ending -> !ending.name().equals(TLS)).findFirst().orElseThrow(() -> new IllegalStateException("there are no certificates"));
        boolean soon = left(first).compareTo(SOON) <= 0;
        return new ComponentHealth("Certificates of trust communities", soon ? Condition.DEGRADED : Condition.UP, soon ? words(first) : "The first to end is that for " + first.name() + ", on " + day(first) + ".");
    }

    private String words(Ending ending) {
        boolean over = left(ending).isNegative();
        return "The certificate for " + ending.name() + (over ? " has ended on " : " ends on ") + day(ending) + ": put a new one in its place" + (ending.name().equals(TLS) ? "." : " and start the server again.");
    }

    private static LocalDate day(Ending ending) {
        return LocalDate.ofInstant(ending.at(), ZoneOffset.UTC);
    }

    @Override
    public String name() {
        return "the watch over certificates";
    }

    @Override
    public synchronized void run(Instant now) {
        for (Ending ending : endings()) {
            long days = left(ending).toDays();
            Object step = left(ending).isNegative() ? LocalDate.ofInstant(now, ZoneOffset.UTC) : DAYS_AHEAD.stream().filter(ahead -> days < ahead).reduce((further, nearer) -> nearer).orElse(null);
            if (step != null && !step.equals(told.put(ending.name(), step))) {
                LOG.warn("{}", words(ending));
            }
        }
    }
}
