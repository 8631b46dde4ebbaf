package dev.portolan.intake.x12;

import dev.portolan.intake.source.SourceBytes;
import dev.portolan.intake.source.SourceException;
import io.xlate.edi.stream.EDIInputFactory;
import io.xlate.edi.stream.EDIStreamConstants;
import io.xlate.edi.stream.EDIStreamEvent;
import io.xlate.edi.stream.EDIStreamException;
import io.xlate.edi.stream.EDIStreamReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Segments of a file one after the other. How far the file is whole is told by {@link #failure}: what StAEDI cannot read on is the end. */
final class SegmentReader implements AutoCloseable {

    private final BoundedSegments bytes;
    private final EDIStreamReader reader;
    private final List<ControlError> controlErrors = new ArrayList<>();
    private @Nullable Delimiters delimiters;
    private @Nullable String failure;
    private long number;

    /** What StAEDI finds wrong in the segment last read. Only control segments (ISA, GS, ST and their ends) are checked by it. */
    record ControlError(String tag, int element, String code) {}

    SegmentReader(Path file) throws IOException {
        InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        this.bytes = new BoundedSegments(SourceBytes.of(file, raw));
        EDIInputFactory factory = EDIInputFactory.newFactory();
        factory.setProperty(EDIInputFactory.EDI_VALIDATE_CONTROL_STRUCTURE, true);
        this.reader = factory.createEDIStreamReader(bytes);
    }

    /** The next segment, or null at the end, which is the file's or where it is broken. */
    @Nullable Segment next() throws IOException {
        controlErrors.clear();
        if (failure != null) {
            return null;
        }
        try {
            return read();
        } catch (EDIStreamException e) {
            failure = reason(e);
            return null;
        } catch (BoundedSegments.TooLongException e) {
            failure = e.getMessage();
            return null;
        } catch (IllegalStateException | java.util.NoSuchElementException | IndexOutOfBoundsException e) {
            failure = "it cannot be read on as X12";
            return null;
        }
    }

    private static String reason(EDIStreamException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof BoundedSegments.TooLongException tooLong) {
                return tooLong.getMessage();
            }
        }
        return "it ends or breaks in the middle";
    }

    private @Nullable Segment read() throws EDIStreamException, IOException {
        String tag = null;
        List<StringBuilder> elements = new ArrayList<>(16);
        StringBuilder composite = null;
        while (reader.hasNext()) {
            EDIStreamEvent event = reader.next();
            switch (event) {
                case START_SEGMENT -> {
                    tag = reader.getText();
                    elements.clear();
                }
                case START_COMPOSITE -> {
                    composite = element(elements);
                }
                case END_COMPOSITE -> composite = null;
                case ELEMENT_DATA -> add(composite == null ? element(elements) : composite, composite != null);
                case END_SEGMENT -> {
                    if (delimiters == null || "ISA".equals(tag)) {
                        delimiters = delimiters(reader.getDelimiters());
                    }
                    bytes.segmentEnded();
                    return new Segment(++number, java.util.Objects.requireNonNull(tag), elements.stream().map(StringBuilder::toString).toArray(String[]::new));
                }
                default -> note(event);
            }
        }
        return null;
    }

    /** Where the element goes that begins: behind its last repetition, or a new one. There may be a hundred thousand repetitions, so what is there is not copied for each. */
    private StringBuilder element(List<StringBuilder> elements) {
        if (reader.getLocation().getElementOccurrence() > 1) {
            return elements.get(elements.size() - 1).append(Segment.REPETITION);
        }
        StringBuilder element = new StringBuilder();
        elements.add(element);
        return element;
    }

    private void add(StringBuilder element, boolean inComposite) {
        if (inComposite && reader.getLocation().getComponentPosition() > 1) {
            element.append(Segment.COMPONENT);
        }
        element.append(reader.getText());
    }

    private void note(EDIStreamEvent event) {
        if (event.isError()) {
            controlErrors.add(new ControlError(String.valueOf(reader.getLocation().getSegmentTag()), Math.max(0, reader.getLocation().getElementPosition()), reader.getErrorType().name()));
        }
    }

    private static Delimiters delimiters(Map<String, Character> found) {
        return new Delimiters(found.get(EDIStreamConstants.Delimiters.DATA_ELEMENT), found.get(EDIStreamConstants.Delimiters.COMPONENT_ELEMENT),
            found.getOrDefault(EDIStreamConstants.Delimiters.REPETITION, '^'), found.get(EDIStreamConstants.Delimiters.SEGMENT));
    }

    List<ControlError> controlErrors() {
        return List.copyOf(controlErrors);
    }

    /** Those of the interchange that is being read. */
    Delimiters delimiters() {
        if (delimiters == null) {
            throw new SourceException("no segment has been read yet");
        }
        return delimiters;
    }

    /** Why nothing more could be read, or null if the file ended as it should. */
    @Nullable String failure() {
        return failure;
    }

    long segments() {
        return number;
    }

    long position() {
        return bytes.count();
    }

    @Override
    public void close() throws IOException {
        reader.close();
        bytes.close();
    }
}
