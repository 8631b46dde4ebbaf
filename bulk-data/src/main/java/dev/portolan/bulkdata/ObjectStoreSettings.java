package dev.portolan.bulkdata;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Where an S3-compatible object store is.
 *
 * @param bucket is there already
 * @param prefix what every object's key begins with, such as {@code portolan/}; may be empty
 * @param endpoint null for AWS's own of the region
 * @param region AWS's, or what the store wants to be signed for
 * @param pathStyle whether the bucket stands in the path and not in the host's name; most stores but AWS's want that
 * @param accessKey null, with the secret: what the environment gives (variables, a profile, the machine's or container's role)
 */
public record ObjectStoreSettings(String bucket, String prefix, @Nullable URI endpoint, String region, boolean pathStyle, @Nullable String accessKey, @Nullable String secretKey) {

    /** Without the keys, which belong in no log. */
    @Override
    public String toString() {
        return "ObjectStoreSettings[bucket=" + bucket + ", prefix=" + prefix + ", endpoint=" + endpoint + ", region=" + region + "]";
    }
}
