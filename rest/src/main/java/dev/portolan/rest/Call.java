package dev.portolan.rest;

import dev.portolan.store.RecordView;
import java.util.Set;

/**
 * What all interactions of one HTTP request share.
 *
 * @param url the base as the caller sees it, without a slash at its end
 * @param ownBases every URL under which this base is known: references below them are local
 */
record Call(FhirBase base, String url, Set<String> ownBases, RecordView view, Prefer prefer) {}
