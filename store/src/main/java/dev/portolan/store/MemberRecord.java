package dev.portolan.store;

import dev.portolan.fhir.search.InvalidSearchException;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * {@code Patient/[id]/$everything} (R4 Patient, section 8.1.11.1): the Patient, then the record by type and rid, then the shared resources that it refers to, and those that these refer
 * to.
 *
 * <p>OutwardReferences are followed by their hashes: what a row of the record refers to is either in the record or among nobody's rows, so the hashes that no row of the record
 * explains are asked of nobody's rows. No resource is read for it.
 */
final class MemberRecord {

    static final String KIND = "everything";
    private static final int RECORD = 0;
    private static final int SHARED = 1;
    private static final int HOPS = 2;
    private static final long NOT_COUNTED = -1;

    private final SearchRun run;
    private final StoreContext context;
    private final SignedCursors cursors;
    private final OutwardReferences.ReferenceHashes hashes;

    MemberRecord(SearchRun run, SignedCursors cursors, OutwardReferences.ReferenceHashes hashes) {
        this.run = run;
        this.context = run.context();
        this.cursors = cursors;
        this.hashes = hashes;
    }

    /** Where a page ended: in which part, and the type and rid of its last resource. */
    private record Place(int part, short type, long rid) {}

    SearchPage page(EverythingRequest request) throws SQLException {
        run.grant().require("Patient", Interaction.READ);
        run.grant().requirePatient("Patient", request.patientId());
        List<RawParameter> asked = parameters(request);
        Place after = request.cursor() == null ? null : open(request.cursor(), asked);
        Long key = context.members().find(run.connection(), Set.of(request.patientId())).get(request.patientId());
        if (key == null || !run.grant().reachesMember("Patient", key)) {
            return new SearchPage(List.of(), null, OptionalLong.of(0), OptionalLong.empty());
        }
        List<Hit> hits = new ArrayList<>();
        int wanted = request.pageSize() == 0 ? Integer.MAX_VALUE : request.pageSize() + 1;
        // If the first page holds the whole record, its rows' references need not be read again.
        boolean first = after == null;
        if (first) {
            hits.addAll(run.hits(patient(request, true), true));
        }
        long[] living = {NOT_COUNTED};
        if (after == null || after.part() == RECORD) {
            run.query(record(key, request, after, wanted, wanted - hits.size(), first), row -> {
                hits.add(Hit.read(row, first, run));
                if (first) {
                    living[0] = row.getLong(Hit.COLUMN_COUNT_WITH_REFS + 1);
                }
            });
        }
        boolean nothingHeld = living[0] == hits.size();
        if (hits.size() < wanted) {
            OutwardReferences references = first ? ofHits(hits, key, request) : ofRecord(key, request);
            hits.addAll(shared(references, request, after != null && after.part() == SHARED ? after.rid() : Long.MIN_VALUE, wanted - hits.size()));
        }
        boolean more = hits.size() >= wanted;
        List<Hit> shown = more ? hits.subList(0, wanted - 1) : hits;
        int fitting = PageBytes.fitting(shown, Hit::resource);
        more |= fitting < shown.size();
        shown = shown.subList(0, fitting);
        List<SearchPage.Entry> entries = new ArrayList<>(fitting);
        for (Hit hit : shown) {
            entries.add(new SearchPage.Entry(hit.resource(), SearchPage.Mode.MATCH));
        }
        PageBytes.keep(entries);
        return new SearchPage(entries, more ? next(shown.get(shown.size() - 1), asked, request) : null,
            after == null && !more ? OptionalLong.of(shown.size()) : OptionalLong.empty(), nothingHeld ? OptionalLong.of(0) : OptionalLong.empty());
    }

    private static List<RawParameter> parameters(EverythingRequest request) {
        List<RawParameter> asked = new ArrayList<>();
        asked.add(new RawParameter("_id", request.patientId()));
        new TreeSet<>(request.types()).forEach(type -> asked.add(new RawParameter("_type", type)));
        if (request.since() != null) {
            asked.add(new RawParameter("_since", request.since().toString()));
        }
        if (request.startDate() != null) {
            asked.add(new RawParameter("start", request.startDate().toString()));
        }
        if (request.endDate() != null) {
            asked.add(new RawParameter("end", request.endDate().toString()));
        }
        return asked;
    }

    private Place open(String sealed, List<RawParameter> asked) {
        SignedCursors.Cursor cursor = cursors.unseal(sealed, run.grant().grant());
        if (!cursor.kind().equals(KIND) || !cursor.parameters().equals(asked)) {
            throw new InvalidSearchException("page", "This page link belongs to another request. Start again from the first page.", false);
        }
        return new Place((int) cursor.position()[0], (short) cursor.position()[1], cursor.position()[2]);
    }

    private String next(Hit last, List<RawParameter> asked, EverythingRequest request) {
        ResourceKey key = last.resource().key();
        boolean patient = key.equals(new ResourceKey("Patient", request.patientId()));
        long[] position = patient ? new long[] {RECORD, Short.MIN_VALUE, 0}
            : new long[] {last.member() == MemberKeys.NOBODY ? SHARED : RECORD, context.names().type(key.type()), last.rid()};
        return cursors.seal(new SignedCursors.Cursor(KIND, List.of("Patient"), asked, request.pageSize(), position, ""), run.grant().grant());
    }

    private static String columns(boolean withRefs) {
        return withRefs ? Hit.COLUMNS_WITH_REFS : Hit.COLUMNS;
    }

    private Sql patient(EverythingRequest request, boolean withRefs) {
        Sql sql = Sql.of("SELECT ").add(columns(withRefs)).add(" FROM store.resource r WHERE r.self = ").bind(selfOf(request)).add(" AND NOT r.deleted AND ")
            .add(run.grant().rows(Set.of("Patient"), Interaction.READ));
        return sql.add(typesAndChange(request));
    }

    private long selfOf(EverythingRequest request) {
        return context.hash().self(context.names().type("Patient"), request.patientId());
    }

    private Sql record(long key, EverythingRequest request, @Nullable Place after, int wanted, int limit, boolean withRefs) {
        Sql sql = Sql.of("SELECT ").add(columns(withRefs));
        if (withRefs) {
            // Where as many are given as there are, nothing is held back: told with the rows, and counted no further than one beyond the page. The order keeps PostgreSQL at the index by which the rows are
            // read too: by another it would fetch them from everywhere once more.
            sql.add(", (SELECT count(*) FROM (SELECT FROM store.resource x WHERE x.member = ").bind(key).add(" AND NOT x.deleted ORDER BY x.type, x.rid LIMIT ").bind(wanted + 1L).add(") x)");
        }
        sql.add(" FROM store.resource r WHERE ").add(rowsOfRecord(key, request)).add(" AND r.self <> ").bind(selfOf(request)).add(typesAndChange(request));
        if (after != null) {
            sql.add(" AND (r.type, r.rid) > (").bind(after.type()).add(", ").bind(after.rid()).add(")");
        }
        return sql.add(" ORDER BY r.type, r.rid LIMIT ").bind(limit);
    }

    /** The member's rows in the time asked for, whatever their type and change. */
    private Sql rowsOfRecord(long key, EverythingRequest request) {
        Sql sql = Sql.of("r.member = ").bind(key).add(" AND NOT r.deleted AND ").add(run.grant().record());
        if (request.startDate() != null) {
            sql.add(" AND (r.date_low = ").bind(IndexRow.NO_DATE).add(" OR r.self = ").bind(selfOf(request)).add(" OR r.date_high >= ").bind(request.startDate()).add(")");
        }
        if (request.endDate() != null) {
            sql.add(" AND (r.date_low <= ").bind(request.endDate()).add(" OR r.self = ").bind(selfOf(request)).add(")");
        }
        return sql;
    }

    private Sql typesAndChange(EverythingRequest request) {
        Sql sql = new Sql();
        if (!request.types().isEmpty()) {
            short[] types = new short[request.types().size()];
            int i = 0;
            for (String type : request.types()) {
                types[i++] = context.names().isType(type) ? context.names().type(type) : 0;
            }
            sql.add(" AND r.type = ANY(").bind(types).add(")");
        }
        if (request.since() != null) {
            sql.add(" AND r.updated >= ").bind(request.since().toEpochMilli());
        }
        return sql;
    }

    private OutwardReferences ofHits(List<Hit> hits, long key, EverythingRequest request) throws SQLException {
        if (!request.types().isEmpty() || request.since() != null) {
            return ofRecord(key, request);
        }
        OutwardReferences references = new OutwardReferences(hashes);
        for (Hit hit : hits) {
            references.add(context.names().type(hit.resource().key().type()), hit.self(), hit.refs());
        }
        return references;
    }

    private OutwardReferences ofRecord(long key, EverythingRequest request) throws SQLException {
        OutwardReferences references = new OutwardReferences(hashes);
        run.query(Sql.of("SELECT r.type, r.self, r.refs FROM store.resource r WHERE ").add(rowsOfRecord(key, request)),
            row -> references.add(row.getShort(1), row.getLong(2), Hit.longs(row, 3)));
        return references;
    }

    /** Nobody's resources within two references from the record, in the order of their rids. */
    private List<Hit> shared(OutwardReferences references, EverythingRequest request, long afterRid, int limit) throws SQLException {
        Set<Long> reached = new TreeSet<>();
        OutwardReferences from = references;
        for (int hop = 0; hop < HOPS; hop++) {
            long[] candidates = from.outside();
            OutwardReferences found = new OutwardReferences(hashes);
            if (candidates.length > 0) {
                OutwardReferences asked = from;
                run.query(Sql.of("SELECT r.type, r.self, r.refs FROM store.resource r WHERE ").add(nobodys(candidates)), row -> {
                    asked.found(row.getLong(2));
                    if (reached.add(row.getLong(2))) {
                        found.add(row.getShort(1), row.getLong(2), Hit.longs(row, 3));
                    }
                });
            }
            from = found;
        }
        if (reached.isEmpty()) {
            return List.of();
        }
        long[] selves = reached.stream().mapToLong(Long::longValue).toArray();
        Sql sql = Sql.of("SELECT ").add(Hit.COLUMNS).add(" FROM store.resource r WHERE ").add(nobodys(selves)).add(" AND r.rid > ").bind(afterRid).add(typesAndChange(request))
            .add(" ORDER BY r.rid LIMIT ").bind(limit);
        return run.hits(sql, false);
    }

    private Sql nobodys(long[] selves) {
        return Sql.of("r.self = ANY(").bind(selves).add(") AND r.member = ").bind(MemberKeys.NOBODY).add(" AND NOT r.deleted AND ")
            .add(run.grant().rows(context.names().typeNames(), Interaction.READ));
    }
}
