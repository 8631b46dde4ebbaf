package dev.portolan.store;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * Many members' records, read in one go and in bounded memory. Every method asks anew what the grant and the panel reach; nothing is held open between calls, so a scan goes on after a restart and on
 * another node by reading the ranges that are left.
 */
public interface RecordScan {

    /**
     * Tries the filters.
     *
     * @throws dev.portolan.fhir.search.InvalidSearchException if one cannot be answered
     * @throws SearchTooCostlyException if one looks at too many other resources
     */
    void check();

    /** Cuts the members into stretches. */
    List<ScanRange> ranges(int membersInEach);

    /**
     * Reads one stretch. Reading it again gives the same, but for members who are out of reach by then.
     *
     * @return the shared resources that it refers to, for {@link #readShared}; empty unless they are asked for
     * @throws IOException what the sink threw
     */
    byte[] read(ScanRange range, ScanSink sink) throws IOException;

    /**
     * Reads the shared resources, each once.
     *
     * @param referenced what {@link #read} returned for the ranges
     */
    void readShared(Collection<byte[]> referenced, ScanSink sink) throws IOException;

    /** Those of these members who are in reach now. */
    Set<String> reached(Collection<String> patientIds);
}
