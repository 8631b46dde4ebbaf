package dev.portolan.identity.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvTableTest {

    private static String written(String... cells) throws IOException {
        StringWriter out = new StringWriter();
        try (CsvTable table = new CsvTable(out)) {
            table.row(List.of(cells));
        }
        return out.toString();
    }

    @Test
    void what_has_a_meaning_in_csv_is_quoted_and_lines_end_as_rfc_4180_wants() throws IOException {
        assertThat(written("H1234", "Gold, \"plus\"", "two\nlines", "")).isEqualTo("H1234,\"Gold, \"\"plus\"\"\",\"two\nlines\",\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\tx", "\rx", "\n=1", " =1", "\uFF1D1", "=HYPERLINK(\"https://x.example\";\"y\")"})
    void a_cell_that_a_spreadsheet_would_take_for_a_formula_is_text(String cell) throws IOException {
        assertThat(written(cell).replaceFirst("^\"", "")).startsWith("'");
    }

    @Test
    void neither_does_a_formula_begin_where_a_spreadsheet_sees_another_end_of_a_cell() throws IOException {
        assertThat(written("x;=1+1;y")).isEqualTo("x;'=1+1;y\r\n");
        assertThat(written("x; @y")).isEqualTo("x;' @y\r\n");
        assertThat(written("x\n=1")).isEqualTo("\"x\n'=1\"\r\n");
    }

    @Test
    void all_else_stays_as_it_is() throws IOException {
        assertThat(written("a=b", "Smith-Jones", "ann@plan.example", "1 + 1", "'quoted", "a; b", "Zoë")).isEqualTo("a=b,Smith-Jones,ann@plan.example,1 + 1,'quoted,a; b,Zoë\r\n");
    }
}
