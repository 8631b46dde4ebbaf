package dev.portolan.bulkdata;

import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.OperationAnswer;
import dev.portolan.rest.OperationRequest;
import dev.portolan.rest.Problem;
import dev.portolan.rest.SentFile;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Set;

/** A file of an export (Bulk Data Access 2.0, Bulk Data Output File Request). The audit entry names the members whose data is in it (AUD-10). */
final class FileOperation extends OwnOperation {

    static final String NAME = "$export-file";
    private static final String LINES = "application/fhir+ndjson";

    private final Exports exports;
    private final ExportRows rows;
    private final OutputFiles files;

    FileOperation(Exports exports, ExportRows rows, OutputFiles files) {
        super(NAME, "GET");
        this.exports = exports;
        this.rows = rows;
        this.files = files;
    }

    @Override
    public OperationAnswer invoke(OperationRequest request) {
        Export export = exports.own(request, parameter(request, "export"));
        String name = parameter(request, "file");
        Export.File file = export.state() != Export.State.COMPLETE || name == null ? null : rows.file(export.id(), name);
        if (file == null) {
            throw new FhirException(Problem.NOT_FOUND, "the export has no such file: its manifest names those that it has");
        }
        if (!includes(request.view().grant(), export, file)) {
            throw new FhirException(Problem.FORBIDDEN, "the file holds what this access does not include: ask for a token with the scopes that the export was started with");
        }
        Set<String> members = exports.withSurvivors(file.members());
        ExportPolicy policy = exports.policy(request);
        if (!policy.downloadable(export.id(), request.view().grant(), members).containsAll(members)) {
            policy.refused(export.id(), members);
            throw new FhirException(Problem.GONE, "a member whose data is in this file withdrew since it was made: start another export");
        }
        requireThere(export, file);
        return OperationAnswer.file(LINES, new SentFile() {
            @Override
            public long length() {
                return file.bytes();
            }

            @Override
            public InputStream open(long from) throws IOException {
                return files.read(export.id(), file.name(), from);
            }
        }).recorded(NAME, List.of(file.type()), null, (int) Math.min(Integer.MAX_VALUE, file.lines()), file.members(), file.categories());
    }

    /** Before anything is recorded as given, and while it can be said. */
    private void requireThere(Export export, Export.File file) {
        try {
            if (!files.has(export.id(), file.name())) {
                throw new FhirException(Problem.GONE, "the file is not where it was kept any more, as after a backup of the database was restored without the exports' files: start another export");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a file of an export cannot be looked for", e);
        }
    }

    /** Whether what the app may read now includes what it might when the file was made: of the file's type, of all types where deletions are named, and of none for remarks on the order. */
    private static boolean includes(Grant now, Export export, Export.File file) {
        Set<String> types = switch (file.kind()) {
            case OUTPUT -> Set.of(file.type());
            case DELETED -> export.order().types();
            case ERROR -> Set.of();
        };
        SmartScopes present = SmartScopes.parse(now.scopes());
        SmartScopes then = SmartScopes.parse(export.caller().scopes());
        return types.stream().allMatch(type -> now.allows(type, Interaction.READ)
            && then.within(SmartScopes.parse("system/" + type + ".r")).values().stream().allMatch(present::covers));
    }
}
