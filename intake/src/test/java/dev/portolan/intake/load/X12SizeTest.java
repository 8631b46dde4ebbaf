package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files of any size are read as they stream. {@code -Dportolan.x12.claims=100000 -Dportolan.x12.members=20000} with {@code -Xmx170m} for a clearing house's day: one interchange with one transaction of so many
 * claims, the worst a sender can do, and the remittance of all of them.
 */
class X12SizeTest {

    private static final int CLAIMS = Integer.getInteger("portolan.x12.claims", 300);
    /** Whose the claims are, in turn: what is asked about a member is asked of the store once a batch. */
    private static final int MEMBERS = Integer.getInteger("portolan.x12.members", 200);

    @TempDir
    private Path folder;

    @Test
    void edi03_edi04_aFileOfAnySizeIsReadAndJoinedInBoundedMemory() throws Exception {
        Path members = folder.resolve("834.txt");
        write(members, "BE", X12EnrollmentTest.VERSION, "834", X12EnrollmentTest.HEADER, MEMBERS, number -> of(number, X12EnrollmentTest.SUBSCRIBER));
        Path claims = folder.resolve("837.txt");
        write(claims, "HC", X12ClaimTest.PROFESSIONAL, "837", X12ClaimTest.billing(), CLAIMS,
            number -> of(number, X12Text.list(X12ClaimTest.subscriber(), X12ClaimTest.professional("A-" + number, "1", ""))));
        Path payments = folder.resolve("835.txt");
        write(payments, "HP", X12ClaimTest.REMITTANCE, "835", X12ClaimTest.payer("T1"), CLAIMS, number -> of(number, X12ClaimTest.paid("A-" + number, "ICN" + number)));
        try (LoadFixture fixture = new LoadFixture(LoadFixture.Definitions.shared())) {
            assertThat(load(fixture, members).mapped()).isEqualTo(MEMBERS);
            assertThat(load(fixture, claims).mapped()).isEqualTo(CLAIMS);
            assertThat(load(fixture, payments).mapped()).isEqualTo(CLAIMS);
            try (Connection connection = fixture.pool.getConnection(); Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT (SELECT count(*) FROM intake.claim_waiting), (SELECT count(*) FROM store.resource r JOIN store.resource_type t ON t.number = r.type WHERE t.name = 'ExplanationOfBenefit')")) {
                row.next();
                assertThat(row.getLong(1)).as("claims without their payment, and the other way round").isZero();
                assertThat(row.getLong(2)).isEqualTo(CLAIMS);
            }
        }
    }

    /** What is written of the member m1, of another member. */
    private static List<String> of(int number, List<String> segments) {
        return segments.stream().map(segment -> segment.endsWith("*m1") ? segment.substring(0, segment.length() - 1) + number % MEMBERS : segment.startsWith("HL*2*") ? "HL*" + (number + 2) + segment.substring(4) : segment).toList();
    }

    private interface Segments {
        List<String> of(int number);
    }

    private static void write(Path file, String function, String version, String set, List<String> header, int count, Segments each) throws IOException {
        try (Writer out = Files.newBufferedWriter(file)) {
            String empty = new X12Text(Integer.parseInt(set.substring(2)), function, version).toString();
            int end = empty.indexOf("GE*");
            out.write(empty.substring(0, end));
            out.write("ST*" + set + "*0001*" + version + "~");
            long segments = 2;
            for (int number = -1; number < count; number++) {
                for (String segment : number < 0 ? header : each.of(number)) {
                    out.write(segment + "~");
                    segments++;
                }
            }
            out.write("SE*" + segments + "*0001~" + empty.substring(end).replace("GE*0*", "GE*1*"));
        }
    }

    private static LoadRun.FileReport load(LoadFixture fixture, Path file) throws Exception {
        pools().forEach(MemoryPoolMXBean::resetPeakUsage);
        long cpu = cpuNanos();
        LoadRun run = fixture.load("x12", file, LoadFixture.options(false, false));
        assertThat(run.failure()).isNull();
        LoadRun.FileReport report = run.files().get(0);
        assertThat(report.rejected()).as(report.problems().toString()).isZero();
        assertThat(report.lines()).as("segments in the file").isEqualTo(report.mapped() + report.merged()).isEqualTo(segments(file));
        Duration took = Duration.between(run.started(), run.finished());
        System.out.printf("%s: %,d bytes, %,d records in %.1f s, %,.0f a second, %.2f ms of CPU each; heap at most %,d MiB%n", file.getFileName(), report.bytes(), report.mapped(), took.toMillis() / 1e3, report.mapped() * 1e3 / Math.max(1, took.toMillis()),
            (cpuNanos() - cpu) / 1e6 / Math.max(1, report.mapped()), pools().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum() >> 20);
        return report;
    }

    private static long segments(Path file) throws IOException {
        long count = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            for (int c = in.read(); c >= 0; c = in.read()) {
                count += c == '~' ? 1 : 0;
            }
        }
        return count;
    }

    /** Of this process, without the database: rates of a machine that others use say little. */
    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static Stream<MemoryPoolMXBean> pools() {
        return ManagementFactory.getMemoryPoolMXBeans().stream().filter(pool -> pool.getType() == MemoryType.HEAP);
    }
}
