package dev.portolan.server.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What holds for every page of every room. */
class PageTemplatesTest {

    private static List<Path> templates() throws IOException {
        try (Stream<Path> rooms = Files.list(Path.of(".."))) {
            List<Path> folders = rooms.map(room -> room.resolve("src/main/resources/templates")).filter(Files::isDirectory).toList();
            assertThat(folders).as("rooms with pages").hasSizeGreaterThan(5);
            return folders.stream().flatMap(PageTemplatesTest::files).filter(file -> file.toString().endsWith(".html")).toList();
        }
    }

    private static Stream<Path> files(Path folder) {
        try (Stream<Path> found = Files.walk(folder)) {
            return found.toList().stream();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** WCAG 2.2, 2.4.1 Bypass Blocks: the frame's first link leads to the content, past the menu. */
    @Test
    void whoever_skips_the_menu_by_keyboard_gets_to_the_content_of_every_page() throws IOException {
        for (Path template : templates()) {
            String page = Files.readString(template);
            if (page.contains("identity/frame :: bar")) {
                assertThat(page.split("<main ", -1)).as(template.toString()).hasSize(2);
                assertThat(page).as(template.toString()).containsPattern("<main [^>]*id=\"content\"");
            }
        }
    }
}
