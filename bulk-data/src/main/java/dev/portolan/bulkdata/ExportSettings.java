package dev.portolan.bulkdata;

import java.time.Duration;

/**
 * @param membersInPart members whose records are read together; a crash or a withdrawal repeats no more than these
 * @param linesInFile after so many lines another file is begun
 * @param runningPerApp exports of one app that run at the same time; more of them wait
 * @param openPerApp exports of one app that wait or run; more of them are refused with 429
 * @param kept how long files are kept
 * @param settleWait how long to wait for writes under way when an export begins
 */
public record ExportSettings(int membersInPart, int linesInFile, int runningPerApp, int openPerApp, Duration kept, Duration settleWait) {

    public static final ExportSettings DEFAULT = new ExportSettings(500, 100_000, 2, 10, Duration.ofDays(7), Duration.ofMinutes(5));
}
