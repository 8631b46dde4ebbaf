package dev.portolan.rest;

import dev.portolan.store.StoredResource;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Puts Bundles together around stored bytes. */
final class BundleWriter {

    private static final byte[] RESOURCE = ascii("\",\"resource\":");
    private static final byte[] MATCH = ascii(",\"search\":{\"mode\":\"match\"}}");
    private static final byte[] INCLUDE = ascii(",\"search\":{\"mode\":\"include\"}}");

    private final ByteBuilder out;
    private final byte[] fullUrl;
    private boolean linked;
    private boolean entered;

    BundleWriter(ByteBuilder out, String baseUrl, String type) {
        this.out = out;
        this.fullUrl = ("{\"fullUrl\":\"" + baseUrl + "/").getBytes(StandardCharsets.UTF_8);
        out.ascii("{\"resourceType\":\"Bundle\",\"type\":\"").ascii(type).ascii("\"");
    }

    BundleWriter total(long total) {
        out.ascii(",\"total\":").number(total);
        return this;
    }

    BundleWriter link(String relation, String url) {
        out.ascii(linked ? "," : ",\"link\":[").ascii("{\"relation\":\"").ascii(relation).ascii("\",\"url\":").string(url).ascii("}");
        linked = true;
        return this;
    }

    private void startEntry() {
        if (linked) {
            out.ascii("]");
            linked = false;
        }
        out.ascii(entered ? "," : ",\"entry\":[");
        entered = true;
    }

    void found(StoredResource resource, byte[] json, boolean match) {
        startEntry();
        out.append(fullUrl).ascii(resource.key().type()).append((byte) '/').ascii(resource.key().id()).append(RESOURCE).append(json).append(match ? MATCH : INCLUDE);
    }

    /** A match that is not of the store. */
    void found(String type, String id, byte[] json) {
        startEntry();
        out.append(fullUrl).ascii(type).append((byte) '/').ascii(id).append(RESOURCE).append(json).append(MATCH);
    }

    /** An entry that tells something about the search itself. "Where a resource is not assigned a persistent identity that can be used in the Bundle, a UUID should be used" (R4 bundle, section 2.36.4.1). */
    void outcome(byte[] operationOutcome) {
        startEntry();
        out.ascii("{\"fullUrl\":\"urn:uuid:").ascii(UUID.randomUUID().toString()).ascii("\",\"resource\":").append(operationOutcome).ascii(",\"search\":{\"mode\":\"outcome\"}}");
    }

    /** An entry of a history (R4 http, section 3.1.0.9). */
    void version(StoredResource resource, byte[] json) {
        startEntry();
        String type = resource.key().type();
        out.append(fullUrl).ascii(type).append((byte) '/').ascii(resource.key().id()).ascii("\"");
        if (!resource.deleted()) {
            out.ascii(",\"resource\":").append(json);
        }
        boolean created = resource.change() == StoredResource.Change.CREATED;
        out.ascii(",\"request\":{\"method\":\"").ascii(resource.deleted() ? "DELETE" : created ? "POST" : "PUT").ascii("\",\"url\":\"").ascii(type);
        if (!created) {
            out.ascii("/").ascii(resource.key().id());
        }
        out.ascii("\"},\"response\":{\"status\":\"").ascii(resource.deleted() ? "204 No Content" : created ? "201 Created" : "200 OK").ascii("\",");
        stamps(resource);
        out.ascii("}}");
    }

    private void stamps(StoredResource resource) {
        out.ascii("\"etag\":\"W/\\\"").number(resource.version()).ascii("\\\"\",\"lastModified\":\"").ascii(resource.lastUpdated().toString()).ascii("\"");
    }

    /** The answer to an entry of a batch or transaction. */
    void response(Answer answer, byte[] resource, byte[] outcome) {
        startEntry();
        out.ascii("{");
        StoredResource version = answer.version();
        if (version != null) {
            out.append(fullUrl, 1, fullUrl.length).ascii(version.key().toString()).ascii("\",");
        }
        if (resource.length > 0) {
            out.ascii("\"resource\":").append(resource).ascii(",");
        }
        out.ascii("\"response\":{\"status\":\"").ascii(HttpStatus.line(answer.status())).ascii("\"");
        if (version != null) {
            if (!version.deleted()) {
                out.ascii(",\"location\":\"").ascii(version.key().toString()).ascii("/_history/").number(version.version()).ascii("\"");
            }
            out.ascii(",");
            stamps(version);
        }
        if (outcome.length > 0) {
            out.ascii(",\"outcome\":").append(outcome);
        }
        out.ascii("}}");
    }

    ByteBuilder end() {
        if (linked || entered) {
            out.ascii("]");
        }
        return out.ascii("}");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
