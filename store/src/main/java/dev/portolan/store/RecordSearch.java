package dev.portolan.store;

import dev.portolan.fhir.search.InvalidSearchException;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SearchValueExtractor;
import dev.portolan.fhir.search.SortKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Searches under a grant: plans each type's search, reads one row more than the page to know of a next, then includes. */
final class RecordSearch implements Searches {

    static final String KIND = "search";

    private final StoreContext context;
    private final SearchValueExtractor extractor;
    private final SignedCursors cursors;
    private final OutwardReferences.ReferenceHashes referenceHashes;

    RecordSearch(StoreContext context, SearchValueExtractor extractor) {
        this.context = context;
        this.extractor = extractor;
        this.cursors = new SignedCursors(context.cursorKey());
        this.referenceHashes = new OutwardReferences.ReferenceHashes(context);
    }

    @Override
    public SearchPage search(Connection connection, Grant grant, SearchRequest request) throws SQLException {
        SearchRun run = new SearchRun(context, connection, GrantPredicate.of(grant, context, connection), new Deadline(context.settings().searchTimeout()));
        Page page = new Page(run, request);
        return page.isOneStatement() ? page.read() : Snapshot.of(connection, page::read);
    }

    @Override
    public SearchPage everything(Connection connection, Grant grant, EverythingRequest request) throws SQLException {
        SearchRun run = new SearchRun(context, connection, GrantPredicate.of(grant, context, connection), new Deadline(context.settings().searchTimeout()));
        return Snapshot.of(connection, () -> new MemberRecord(run, cursors, referenceHashes).page(request));
    }

    /** The order by a column if the query asks for one that a column gives; null if it has to be made in memory. */
    private @Nullable RowOrder columnOrder(SearchQuery query, SearchPlanner planner) {
        if (query.sort().isEmpty()) {
            return planner.unsorted(query.types(), query.criteria());
        }
        if (query.sort().size() > 1 || query.types().size() > 1) {
            return null;
        }
        SortKey key = query.sort().get(0);
        String code = key.parameter().code();
        if (code.equals("_lastUpdated")) {
            return new RowOrder(RowOrder.By.UPDATED, key.descending());
        }
        if (code.equals("_id")) {
            return new RowOrder(RowOrder.By.ID, key.descending());
        }
        String type = query.types().get(0);
        if (!new RowConditions(context).isMainDate(type, key.parameter())) {
            return null;
        }
        return RowOrder.byMainDate(key.descending(), MainDates.mayRepeat(type, code), IndexRow.dateKey(context.names().parameter(code)));
    }

    /** The reading of one page. */
    private final class Page {
        private final SearchRun run;
        private final SearchQuery query;
        private final SearchPlanner planner;
        private final int size;
        private final SignedCursors.@Nullable Cursor cursor;
        private final @Nullable RowOrder order;
        private final boolean totalOnly;
        /** Whether the page's own statement saw that the grant's labels hold nothing back of the record. */
        private boolean nothingHeld;

        Page(SearchRun run, SearchRequest request) {
            this.run = run;
            this.query = request.query();
            this.planner = new SearchPlanner(run);
            this.size = request.pageSize();
            this.totalOnly = size == 0 || query.summary() == SearchQuery.Summary.COUNT;
            this.order = columnOrder(query, planner);
            this.cursor = request.cursor() == null ? null : unseal(request.cursor());
        }

        private SignedCursors.Cursor unseal(String sealed) {
            SignedCursors.Cursor opened = cursors.unseal(sealed, run.grant().grant());
            if (!opened.kind().equals(order == null ? MemorySort.KIND : KIND) || !opened.types().equals(query.types()) || !opened.parameters().equals(query.applied())) {
                throw new InvalidSearchException("page", "This page link belongs to another search. Start again from the first page.", false);
            }
            return opened;
        }

        /** The types that may be searched. With several asked for, those that the grant leaves out are as if they were empty. */
        private List<String> types() {
            if (query.types().size() == 1) {
                run.grant().require(query.types().get(0), Interaction.SEARCH);
                return query.types();
            }
            List<String> allowed = query.types().stream().filter(type -> run.grant().allows(type, Interaction.SEARCH)).toList();
            if (allowed.isEmpty()) {
                throw new GrantRefusedException("This access does not include search on any of these types.");
            }
            return allowed;
        }

        boolean isOneStatement() {
            return order != null && !totalOnly && query.total() == SearchQuery.Total.NONE && GrantedWithheld.isByRow(query);
        }

        SearchPage read() throws SQLException {
            List<String> types = types();
            for (String type : types) {
                planner.requireReached(type, query.types().size() > 1, query.criteria());
            }
            if (totalOnly) {
                return new SearchPage(List.of(), null, OptionalLong.of(count(types)), OptionalLong.empty());
            }
            List<SearchRun.Match> matches = order == null ? inMemory().page(plans(types), cursor, size + 1) : inOrder(types);
            boolean more = matches.size() > size;
            List<SearchRun.Match> shown = more ? matches.subList(0, size) : matches;
            int fitting = PageBytes.fitting(shown, match -> match.hit().resource());
            more |= fitting < shown.size();
            shown = shown.subList(0, fitting);
            List<Hit> hits = shown.stream().map(SearchRun.Match::hit).toList();
            List<SearchPage.Entry> entries = new ArrayList<>(hits.size());
            hits.forEach(hit -> entries.add(new SearchPage.Entry(hit.resource(), SearchPage.Mode.MATCH)));
            if (!query.inclusions().isEmpty()) {
                new Inclusions(run).of(hits, query.inclusions()).forEach(hit -> entries.add(new SearchPage.Entry(hit.resource(), SearchPage.Mode.INCLUDE)));
                PageBytes.requireRoom(entries);
            }
            PageBytes.keep(entries);
            return new SearchPage(entries, more ? next(shown.get(fitting - 1)) : null, total(types, hits.size(), more),
                nothingHeld ? OptionalLong.of(0) : OptionalLong.empty());
        }

        private List<TypePlan> plans(List<String> types) throws SQLException {
            List<TypePlan> plans = new ArrayList<>();
            for (String type : types) {
                TypePlan plan = planner.plan(type, query.criteria(), null, 0);
                if (plan != null) {
                    plans.add(plan);
                }
            }
            return plans;
        }

        /** One type after the other, in the order that the query names them. */
        private List<SearchRun.Match> inOrder(List<String> types) throws SQLException {
            String startType = cursor == null ? types.get(0) : context.names().typeName((int) cursor.position()[0]);
            RowOrder.Place after = cursor == null ? null : new RowOrder.Place((int) cursor.position()[1], cursor.position()[2], cursor.position()[3], cursor.mark());
            List<SearchRun.Match> found = new ArrayList<>();
            for (int i = Math.max(0, types.indexOf(startType)); i < types.size() && found.size() <= size; i++) {
                TypePlan plan = planner.plan(types.get(i), query.criteria(), null, 0);
                if (plan != null) {
                    found.addAll(matches(plan, order, types.get(i).equals(startType) ? after : null, size + 1 - found.size()));
                }
            }
            return found;
        }

        private List<SearchRun.Match> matches(TypePlan plan, RowOrder order, RowOrder.@Nullable Place after, int wanted) throws SQLException {
            boolean withRefs = !query.inclusions().isEmpty();
            if (!(plan.driver() instanceof Driver.OneMember && plan.exact() && GrantedWithheld.isByRow(query)) || run.grant().grant().withheldLabels().isEmpty()) {
                return run.matches(plan, order, after, wanted, withRefs);
            }
            // Nearly every record has nothing that is held back: told with the rows, so that a count need not be asked for.
            int last = (withRefs ? Hit.COLUMN_COUNT_WITH_REFS : Hit.COLUMN_COUNT) + 1;
            return run.matches(plan.telling(run.grant().holdsAny(plan.type(), plan.scope())), order, after, wanted, withRefs, row -> nothingHeld = !row.getBoolean(last));
        }

        private MemorySort inMemory() {
            return new MemorySort(run, extractor, query.sort());
        }

        private String next(SearchRun.Match last) {
            if (order == null) {
                return cursors.seal(inMemory().cursor(query, size, last.hit()), run.grant().grant());
            }
            RowOrder.Place place = last.place();
            long type = context.names().type(last.hit().resource().key().type());
            return cursors.seal(new SignedCursors.Cursor(KIND, query.types(), query.applied(), size,
                new long[] {type, place.segment(), place.major(), place.rid()}, place.id()), run.grant().grant());
        }

        private OptionalLong total(List<String> types, int shown, boolean more) throws SQLException {
            if (cursor == null && !more) {
                return OptionalLong.of(shown);
            }
            return query.total() == SearchQuery.Total.NONE ? OptionalLong.empty() : OptionalLong.of(count(types));
        }

        private long count(List<String> types) throws SQLException {
            long count = 0;
            for (TypePlan plan : plans(types)) {
                count += run.count(plan);
            }
            return count;
        }
    }
}
