package dev.portolan.intake.x12;

import dev.portolan.intake.source.Inspection;
import dev.portolan.intake.source.SourceBytes;
import dev.portolan.intake.source.SourceException;
import dev.portolan.intake.source.SourceFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * X12 interchanges. A record is a member of an 834 (an INS loop), a claim of an 837 (a CLM loop) or a claim's payment of an 835 (a CLP loop), with all that stands above it; lines are segments.
 */
public final class X12Format implements SourceFormat {

    private static final int PEEKED = 64 << 10;

    private final SegmentRules rules = SegmentRules.read();
    private final Set<String> sets;

    /** @param sets the transaction sets (ST01) of which a file of this kind is, going by its first one; an empty set takes what no other does */
    public X12Format(Set<String> sets) {
        this.sets = Set.copyOf(sets);
    }

    /** By the first bytes: the element separator stands behind ISA, the segment terminator at place 106 (X12.5). */
    @Override
    public boolean recognizes(Path file) throws IOException {
        String start;
        try (InputStream in = Files.newInputStream(file)) {
            start = new String(SourceBytes.of(file, in).readNBytes(PEEKED), StandardCharsets.ISO_8859_1).stripLeading();
        }
        if (!start.startsWith("ISA") || start.length() < 106) {
            return false;
        }
        Matcher first = Pattern.compile(Pattern.quote(start.substring(105, 106)) + "\\s*ST" + Pattern.quote(start.substring(3, 4)) + "(\\d{3})").matcher(start);
        String set = first.find() ? first.group(1) : "";
        return sets.isEmpty() ? !rules.knows(set) : sets.contains(set);
    }

    @Override
    public Inspection inspect(Path file) throws IOException {
        EnvelopeCheck.Result result = EnvelopeCheck.check(file, rules);
        if (result.acknowledgement().interchanges().isEmpty()) {
            throw new SourceException(file.getFileName() + " is no X12: it should begin with an ISA segment of 106 characters" + (result.acknowledgement().broken() == null ? "" : "; " + result.acknowledgement().broken()));
        }
        return new X12Inspection(result);
    }

    @Override
    public Items open(Path file) throws IOException {
        return open(file, null);
    }

    @Override
    public Items open(Path file, @Nullable Inspection inspection) throws IOException {
        return new X12Items(new SegmentReader(file), (X12Inspection) (inspection == null ? inspect(file) : inspection), rules);
    }
}
