package dev.portolan.rest;

import dev.portolan.fhir.search.SearchQuery.RawParameter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How an answer looks: {@code _format} or Accept, and {@code _pretty}. */
record Presentation(MediaType type, boolean pretty) {

    static final Presentation DEFAULT = new Presentation(MediaType.JSON, false);

    static Presentation of(@Nullable String accept, List<RawParameter> parameters) {
        MediaType type = MediaType.wanted(accept, UrlParameters.first(parameters, "_format"));
        return new Presentation(type, "true".equals(UrlParameters.first(parameters, "_pretty")));
    }

    boolean plain() {
        return type == MediaType.JSON && !pretty;
    }

    byte[] apply(byte[] json, XmlFormat xml) {
        if (type == MediaType.XML) {
            return xml.fromJson(json, pretty);
        }
        return pretty ? PrettyPrinter.print(json) : json;
    }
}
