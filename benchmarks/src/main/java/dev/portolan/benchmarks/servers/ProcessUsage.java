package dev.portolan.benchmarks.servers;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** CPU time and resident memory of processes, from Linux's {@code /proc}. */
public final class ProcessUsage {

    /** USER_HZ, which Linux fixes at 100 for what it shows in {@code /proc}. */
    private static final double MILLISECONDS_A_TICK = 10.0;

    private static final int PARENT = 1;
    private static final int USER_TIME = 11;
    private static final int CHILDREN_SYSTEM_TIME = 14;

    private ProcessUsage() {}

    /** Milliseconds of CPU that the process, its reaped children and its living children have used. */
    public static double cpuMilliseconds(long pid) throws IOException {
        double ticks = ticks(pid);
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                long candidate = Long.parseLong(process.getFileName().toString());
                if (candidate != pid && parent(candidate) == pid) {
                    ticks += ticks(candidate);
                }
            }
        }
        return ticks * MILLISECONDS_A_TICK;
    }

    /** Milliseconds of CPU that a process's threads of this name have used. */
    public static double threadCpuMilliseconds(long pid, String thread) throws IOException {
        double ticks = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path each : threads) {
                if (Files.readString(each.resolve("comm")).strip().equals(thread)) {
                    String line = Files.readString(each.resolve("stat"));
                    String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
                    ticks += Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[USER_TIME + 1]);
                }
            }
        }
        return ticks * MILLISECONDS_A_TICK;
    }

    /** Resident bytes of one process, children not counted. */
    public static long residentBytes(long pid) throws IOException {
        return statusBytes(pid, "VmRSS:");
    }

    /** The largest resident bytes the process has ever had. */
    public static long peakResidentBytes(long pid) throws IOException {
        return statusBytes(pid, "VmHWM:");
    }

    private static long statusBytes(long pid, String field) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
            if (line.startsWith(field)) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        throw new IOException("process " + pid + " has no " + field);
    }

    private static long ticks(long pid) throws IOException {
        String[] fields = statistics(pid);
        long ticks = 0;
        for (int i = USER_TIME; fields.length > 0 && i <= CHILDREN_SYSTEM_TIME; i++) {
            ticks += Long.parseLong(fields[i]);
        }
        return ticks;
    }

    private static long parent(long pid) throws IOException {
        String[] fields = statistics(pid);
        return fields.length == 0 ? -1 : Long.parseLong(fields[PARENT]);
    }

    /** The fields after the command's name, or none when the process has ended meanwhile. */
    private static String[] statistics(long pid) throws IOException {
        try {
            String line = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return line.substring(line.lastIndexOf(')') + 2).split(" ");
        } catch (NoSuchFileException ended) {
            return new String[0];
        } catch (IOException ended) {
            // The kernel answers ESRCH when the process ends between open and read.
            if (String.valueOf(ended.getMessage()).contains("No such process")) {
                return new String[0];
            }
            throw ended;
        }
    }
}
