package dev.portolan.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import org.junit.jupiter.api.Test;

class LoadReportTextTest {

    @Test
    void rst37_thatNothingWasClosedIsToldOnTheCommandLineToo() throws Exception {
        StringWriter out = new StringWriter();
        String run = "{\"id\":7,\"feed\":\"plan\",\"state\":\"COMPLETED\",\"started\":\"2026-01-02T03:04:05Z\",\"finished\":\"2026-01-02T03:04:09Z\",\"files\":[{\"part\":\"members\",\"name\":\"members.csv\",\"state\":\"LOADED\","
            + "\"note\":\"nothing was closed, although 3 resources are missing\"}]}";
        PrintWriter writer = new PrintWriter(out);
        LoadReportText.print(new ObjectMapper().readTree(run), URI.create("http://127.0.0.1:8080"), writer);
        writer.flush();
        assertThat(out.toString()).contains("nothing was closed, although 3 resources are missing");
    }
}
