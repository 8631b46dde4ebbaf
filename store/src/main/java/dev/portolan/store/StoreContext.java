package dev.portolan.store;

import dev.portolan.fhir.search.CriterionMatcher;
import dev.portolan.fhir.search.SearchParameters;
import dev.portolan.fhir.search.SearchValueExtractor;
import javax.sql.DataSource;

/** What the store's parts share, put together once when the store opens. */
record StoreContext(
    DataSource dataSource,
    SearchParameters definitions,
    SearchValueExtractor extractor,
    CriterionMatcher matcher,
    StoreSettings settings,
    ValueHash hash,
    Names names,
    MemberKeys members,
    PatientHomes homes,
    ContentCodec codec,
    IndexRowBuilder index,
    Labelling labelling,
    MergedMembers.Known merged,
    byte[] cursorKey) {}
