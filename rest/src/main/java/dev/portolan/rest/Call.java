package dev.portolan.rest;

import dev.portolan.store.RecordView;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What all interactions of one HTTP request share.
 *
 * @param url the base as the caller sees it, without a slash at its end
 * @param recording of the request in the audit trail
 * @param room takes room for so many bytes of an answer, before it is put together; {@link BodyRoom}
 * @param admission of one entry more of a batch, which costs as much as if it had come by itself; throws {@link FhirException} (429) if there have been too many calls
 * @param headers those of the HTTP request by name; null for an entry of a Bundle
 * @param ownBases every URL under which this base is known: references below them are local
 */
record Call(FhirBase base, String url, Set<String> ownBases, RecordView view, Recording recording, Prefer prefer, @Nullable UnaryOperator<@Nullable String> headers, LongConsumer room, Runnable admission) {}
