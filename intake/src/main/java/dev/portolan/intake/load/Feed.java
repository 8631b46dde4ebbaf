package dev.portolan.intake.load;

import dev.portolan.intake.source.SourceFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a source's files are, and what becomes of them.
 *
 * @param kind how the feed is named on the command line: {@code cpcds}, {@code ndjson}, ...
 * @param provenance whether each member's record gets a Provenance of its own
 * @param parts in the order in which they are loaded
 */
public record Feed(String kind, boolean provenance, List<Part> parts) {

    /**
     * Files of one kind.
     *
     * @param name as {@code claims}
     * @param endings how the names of its files end, in lower case; an empty list takes every file
     * @param sourceFormatCode the PDex code of the source's format for Provenance (CodeSystem ProvenancePayerDataSource), as {@code customtx}
     */
    public record Part(String name, List<String> endings, String sourceFormatCode, SourceFormat format, RecordMapper mapper) {

        boolean takes(Path file) throws IOException {
            String plain = file.getFileName().toString().toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "");
            return (endings.isEmpty() || endings.stream().anyMatch(plain::endsWith)) && format.recognizes(file);
        }
    }

    Optional<Part> part(String name) {
        return parts.stream().filter(part -> part.name().equals(name)).findFirst();
    }
}
