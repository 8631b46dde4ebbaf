package dev.portolan.rest;

import dev.portolan.rest.Answer.Access;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordReader;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.StoredResource;

/** read and vread, with their conditions (R4 http, sections 3.1.0.2 and 3.1.0.3). */
final class Reads {

    private Reads() {}

    static Answer read(Call call, RecordReader records, Route route, Preconditions conditions) {
        ResourceKey key = new ResourceKey(route.type(), route.id());
        return answer(call, records.read(key), conditions, "read");
    }

    static Answer version(Call call, RecordReader records, Route route, Preconditions conditions) {
        ResourceKey key = new ResourceKey(route.type(), route.id());
        ReadResult version = records.readVersion(key, versionNumber(route));
        if (version instanceof ReadResult.Absent) {
            throw new FhirException(Problem.NOT_FOUND, "there is no " + key.type() + " with this id, or it has no such version: [type]/[id]/_history names those that there are");
        }
        return answer(call, version, conditions, "vread");
    }

    private static long versionNumber(Route route) {
        try {
            return Long.parseLong(route.name());
        } catch (NumberFormatException e) {
            throw new FhirException(Problem.NOT_FOUND, "there is no such version: versions count from 1");
        }
    }

    private static Answer answer(Call call, ReadResult result, Preconditions conditions, String operation) {
        if (result instanceof ReadResult.Found found) {
            StoredResource resource = found.resource();
            ResourceKey key = resource.key();
            if (conditions.unmodified(resource)) {
                return new Answer(304, Answer.Body.NONE, resource, false, Access.ofOne(operation, key.type(), key.id(), new Disclosed().about(resource)));
            }
            // Before it is in memory: what is large was not read with its row.
            call.room().accept(resource.content().size());
            return Answer.stored(200, resource, false, operation);
        }
        throw missing(result);
    }

    /** 404, or 410 for what is known to be deleted. What is found now has come since it was asked for, or a label has gone. */
    static FhirException missing(ReadResult result) {
        if (result instanceof ReadResult.Gone gone) {
            return new FhirException(Problem.GONE, "this " + gone.key().type() + " was deleted; its history is still there")
                .with("ETag", "W/\"" + gone.version() + "\"");
        }
        String type = result instanceof ReadResult.Found found ? found.resource().key().type() : ((ReadResult.Absent) result).key().type();
        return new FhirException(Problem.NOT_FOUND, "there is no " + type + " with this id");
    }
}
