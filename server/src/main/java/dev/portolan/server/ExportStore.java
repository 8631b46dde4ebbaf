package dev.portolan.server;

import java.io.IOException;
import java.nio.file.Path;

import dev.portolan.bulkdata.ObjectStoreFiles;
import dev.portolan.bulkdata.ObjectStoreSettings;
import dev.portolan.bulkdata.OutputFiles;

/** The object store that the settings name. A class of its own, so that a server without one loads nothing of its client. */
final class ExportStore {

    private ExportStore() {}

    static OutputFiles at(Settings.ObjectStore own, Path waiting) throws IOException {
        return new ObjectStoreFiles(new ObjectStoreSettings(own.bucket(), own.prefix(), own.endpoint(), own.region(), own.inPath(), own.accessKey(), own.secretKey()), waiting);
    }
}
