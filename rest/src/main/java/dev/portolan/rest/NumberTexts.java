package dev.portolan.rest;

import dev.portolan.fhir.json.JsonNumbers;
import java.io.ByteArrayOutputStream;

/**
 * Numbers of JSON on their way into HAPI's model. Its parser writes numbers out, and {@code 1e3} is {@code 1000} then, {@code -0.0} is {@code 0.0}; but how a decimal is written says how precise it is (R4 datatypes, decimal). It takes
 * texts for numbers too, as they are, so these are given to it as texts.
 */
final class NumberTexts {

    private NumberTexts() {}

    /** @param json a JSON text that was parsed before; it is given back itself if there is nothing to quote, which is so nearly always */
    static byte[] quoted(byte[] json) {
        ByteArrayOutputStream out = null;
        int copied = 0;
        int end = 0;
        for (int at = JsonNumbers.next(json, 0); at >= 0; at = JsonNumbers.next(json, end)) {
            end = JsonNumbers.end(json, at);
            if (isWrittenOtherwise(json, at, end)) {
                out = out == null ? new ByteArrayOutputStream(json.length + 16) : out;
                out.write(json, copied, at - copied);
                out.write('"');
                out.write(json, at, end - at);
                out.write('"');
                copied = end;
            }
        }
        if (out == null) {
            return json;
        }
        out.write(json, copied, json.length - copied);
        return out.toByteArray();
    }

    /** What has an exponent, and zero and its fractions with a minus. */
    private static boolean isWrittenOtherwise(byte[] json, int from, int to) {
        for (int i = from; i < to; i++) {
            if (JsonNumbers.isExponent(json[i])) {
                return true;
            }
        }
        return json[from] == '-' && json[from + 1] == '0';
    }
}
