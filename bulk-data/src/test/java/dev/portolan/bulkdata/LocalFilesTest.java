package dev.portolan.bulkdata;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class LocalFilesTest extends OutputFilesContract {

    @TempDir
    Path folder;
    private OutputFiles files;

    @BeforeEach
    void open() throws IOException {
        files = new LocalFiles(folder.resolve("exports"));
    }

    @Override
    OutputFiles files() {
        return files;
    }
}
