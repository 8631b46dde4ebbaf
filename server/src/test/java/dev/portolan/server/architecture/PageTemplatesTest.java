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

    /** Enter in a field or on a box presses the first button of a form that works: among several it would choose for the person, to share say, or to merge. */
    @Test
    void enter_chooses_none_of_several_buttons() throws IOException {
        for (Path template : templates()) {
            for (String form : Files.readString(template).split("<form ")) {
                String inside = form.contains("</form>") ? form.substring(0, form.indexOf("</form>")) : "";
                if (inside.split("<button[^>]* name=", -1).length > 2 && inside.matches("(?s).*<(input|select)(?![^>]*type=\"hidden\").*")) {
                    assertThat(inside.indexOf("<button type=\"submit\" formmethod=\"dialog\" formnovalidate hidden>")).as(template.toString()).isPositive().isEqualTo(inside.indexOf("<button"));
                }
            }
        }
    }
}
