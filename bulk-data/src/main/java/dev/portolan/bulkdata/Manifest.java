package dev.portolan.bulkdata;

import dev.portolan.bulkdata.Export.File.Kind;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/** The answer of a finished export (Bulk Data Access 2.0, Response - Complete Status). */
final class Manifest {

    static final DateTimeFormatter INSTANT = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private Manifest() {}

    static byte[] of(Export export, List<Export.File> files) {
        StringBuilder out = new StringBuilder(256 + files.size() * 200);
        out.append("{\"transactionTime\":\"").append(INSTANT.format(export.transactionTime())).append("\",\"request\":").append(Json.text(export.order().requestUrl()))
            .append(",\"requiresAccessToken\":true");
        list(out, "output", export, files, Kind.OUTPUT);
        list(out, "deleted", export, files, Kind.DELETED);
        list(out, "error", export, files, Kind.ERROR);
        return out.append('}').toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void list(StringBuilder out, String name, Export export, List<Export.File> files, Kind kind) {
        out.append(",\"").append(name).append("\":[");
        boolean first = true;
        for (Export.File file : files) {
            if (file.kind() == kind) {
                out.append(first ? "" : ",").append("{\"type\":\"").append(file.type()).append("\",\"url\":").append(Json.text(url(export, file))).append(",\"count\":").append(file.lines()).append('}');
                first = false;
            }
        }
        out.append(']');
    }

    private static String url(Export export, Export.File file) {
        return export.baseUrl() + "/" + FileOperation.NAME + "?export=" + export.id() + "&file=" + URLEncoder.encode(file.name(), StandardCharsets.UTF_8);
    }
}
