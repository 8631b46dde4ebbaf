package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonLimits;
import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Replaces, in the resources and patches of a transaction, the names that entries have in the Bundle by those that the server gave (R4 http, section 3.1.0.11.2): in references, in elements of
 * type uri, url, oid and uuid, and in the links of the narrative. Canonicals stay as they are.
 */
final class References {

    /** R4's elements of those types that can point to another resource, the choices of extensions included. */
    private static final Set<String> LINKS = Set.of("url", "uri", "valueUri", "valueUrl", "valueOid", "valueUuid");
    /** What directly in these is called url names the extension's definition, or the resource itself: no link to another. */
    private static final Set<String> NAMED_BY_URL = Set.of("extension", "modifierExtension", "contained", "resource");
    private static final String JSON_PATCH = "json-patch";
    private static final JsonName REFERENCE = JsonName.of("reference");
    private static final Pattern CONDITIONAL = Pattern.compile("([A-Z][A-Za-z]+)\\?(.+)", Pattern.DOTALL);
    private static final Pattern LITERAL = Pattern.compile("[A-Z][A-Za-z]+/[A-Za-z0-9\\-.]{1,64}");
    private static final String VERSION = "/_history/";
    private static final Pattern RESTFUL = Pattern.compile("(https?://.+/)[A-Z][A-Za-z]+/[A-Za-z0-9\\-.]{1,64}(?:/_history/[A-Za-z0-9\\-.]{1,64})?");
    private static final Pattern NARRATIVE_LINK = Pattern.compile("((?:href|src)\\s*=\\s*[\"'])([^\"']+)");
    private static final JsonLimits WITHIN_BUNDLE = new JsonLimits(Integer.MAX_VALUE, 64, Integer.MAX_VALUE);

    private final Map<String, String> names = new HashMap<>();

    /** A conditional reference, taken apart; null if it is none. */
    static Writes.@Nullable Condition condition(String reference) {
        Matcher matcher = reference.indexOf('?') > 0 ? CONDITIONAL.matcher(reference) : null;
        return matcher != null && matcher.matches() ? Writes.Condition.of(matcher.group(1), matcher.group(2)) : null;
    }

    void add(String name, String typeAndId) {
        names.put(name, typeAndId);
    }

    boolean knows(String name) {
        return names.containsKey(name);
    }

    /** Every conditional reference in a resource. */
    static void conditional(JsonValue resource, Consumer<String> found) {
        resource.descendants(REFERENCE).stream().filter(JsonValue::isString).map(JsonValue::text).filter(text -> condition(text) != null).forEach(found);
    }

    /** The resource by itself, with all names replaced. */
    JsonDocument resolve(JsonValue resource, @Nullable String fullUrl) {
        List<JsonEdit> edits = new ArrayList<>();
        Matcher restful = fullUrl == null ? null : RESTFUL.matcher(fullUrl);
        collect(resource, restful != null && restful.matches() ? restful.group(1) : null, resource.isArray() ? JSON_PATCH : "resource", edits);
        byte[] bundle = resource.document().bytes();
        ByteBuilder out = new ByteBuilder(resource.end() - resource.start() + edits.size() * 32 + 16);
        int at = resource.start();
        for (JsonEdit edit : edits) {
            out.append(bundle, at, edit.start()).append(edit.replacement());
            at = edit.end();
        }
        out.append(bundle, at, resource.end());
        return JsonDocument.parse(out.toBytes(), WITHIN_BUNDLE);
    }

    /** @param holder what the object or array is called that the value is in */
    private void collect(JsonValue value, @Nullable String base, String holder, List<JsonEdit> edits) {
        if (value.isString()) {
            add(value, "url".equals(value.name()) && NAMED_BY_URL.contains(holder) ? null : replaced(value.name(), value, base), edits);
            return;
        }
        String name = value.name() == null ? holder : value.name();
        String patched = holder.equals(JSON_PATCH) && value.isObject() ? patchedElement(value) : null;
        for (JsonValue child = value.firstChild(); child != null; child = child.nextSibling()) {
            if (patched != null && child.isString() && "value".equals(child.name())) {
                add(child, replaced(patched, child, base), edits);
            } else {
                collect(child, base, name, edits);
            }
        }
    }

    private static void add(JsonValue value, @Nullable String replacement, List<JsonEdit> edits) {
        if (replacement != null) {
            edits.add(new JsonEdit(value.start(), value.end(), replacement.getBytes(StandardCharsets.UTF_8)));
        }
    }

    /** Which element an operation of a JSON Patch sets. */
    private static @Nullable String patchedElement(JsonValue operation) {
        String path = operation.fieldText("path");
        return path == null ? null : path.substring(path.lastIndexOf('/') + 1);
    }

    /**
     * JSON text to put in the value's place, or null.
     *
     * @param name of the element that it is, or that it is for in a JSON Patch
     */
    private @Nullable String replaced(@Nullable String name, JsonValue value, @Nullable String base) {
        if (name == null) {
            return null;
        }
        if (name.equals("div")) {
            return narrative(value.text());
        }
        boolean reference = name.equals("reference");
        if (!reference && !LINKS.contains(name)) {
            return null;
        }
        String text = value.text();
        String found = names.get(text);
        if (found == null && reference) {
            found = literal(text, base);
        }
        return found == null || found.equals(text) ? null : quoted(found);
    }

    /** A name with a version or a fragment, and {@code Type/id}, which is relative to the entry's own fullUrl. */
    private @Nullable String literal(String text, @Nullable String base) {
        int hash = text.indexOf('#');
        String whole = hash < 0 ? text : text.substring(0, hash);
        int version = whole.indexOf(VERSION);
        String bare = version < 0 ? whole : whole.substring(0, version);
        String found = base != null && LITERAL.matcher(bare).matches() ? names.get(base + bare) : null;
        found = found == null ? names.get(bare) : found;
        if (found == null || found.equals(bare)) {
            return found == null ? null : text;
        }
        // A version of the sender's is none of ours.
        return hash < 0 ? found : found + text.substring(hash);
    }

    /** On the text and not on its JSON, which may write any of its characters as an escape. */
    private @Nullable String narrative(String div) {
        Matcher matcher = NARRATIVE_LINK.matcher(div);
        StringBuilder out = new StringBuilder();
        boolean changed = false;
        while (matcher.find()) {
            String found = names.get(matcher.group(2));
            changed |= found != null;
            matcher.appendReplacement(out, Matcher.quoteReplacement(matcher.group(1) + (found == null ? matcher.group(2) : found)));
        }
        return changed ? quoted(matcher.appendTail(out).toString()) : null;
    }

    private static String quoted(String text) {
        return new String(new ByteBuilder(text.length() + 16).string(text).toBytes(), StandardCharsets.UTF_8);
    }
}
