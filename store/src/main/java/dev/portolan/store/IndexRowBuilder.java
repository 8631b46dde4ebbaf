package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchParameters;
import dev.portolan.fhir.search.SearchValue;
import dev.portolan.fhir.search.SearchValueExtractor;
import dev.portolan.fhir.search.SearchValueSink;
import dev.portolan.fhir.search.StringNormalization;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes index rows out of what the extractor finds. Safe for use by many threads. */
final class IndexRowBuilder {

    private final SearchValueExtractor extractor;
    private final ValueHash hash;
    private final Names names;
    private final Set<String> ownBases;
    private final Map<SearchParameter, Facts> facts = new HashMap<>();
    private final BitSet typesWithValueRows = new BitSet();
    /** By type, names that the expressions of what it is about speak of: without an element of these names it is about nothing. */
    private final Map<String, Set<JsonName>> aboutElements = new HashMap<>();

    /**
     * What the rows do with a parameter.
     *
     * @param homeRank place among the parameters that name the Patient, -1 if it is none
     * @param throughRank place among the parameters through which the home is found, -1 if it is none
     * @param ofMember true if the resources of the type belong to members
     * @param about true if it leads to what the resource is about
     */
    private record Facts(short type, short number, long referenceHash, boolean mainDate, boolean valueRows, int homeRank, int throughRank, boolean ofMember, boolean about) {}

    /** @param ownBases absolute URLs of this server's FHIR bases, without a slash at the end: references below them are local */
    IndexRowBuilder(SearchParameters definitions, SearchValueExtractor extractor, ValueHash hash, Names names, PatientHomes homes, Set<String> ownBases) {
        this.extractor = extractor;
        this.hash = hash;
        this.names = names;
        this.ownBases = ownBases;
        ValueRows valueRows = new ValueRows(homes);
        LabelHeirs.WITH_ABOUT.forEach(type -> aboutElements.put(type, new HashSet<>(Set.of(JsonName.of("about")))));
        for (String type : definitions.resourceTypes()) {
            for (SearchParameter parameter : definitions.of(type)) {
                short typeNumber = names.type(type);
                short number = names.parameter(parameter.code());
                boolean namesPatients = parameter.type() == ParameterType.REFERENCE && parameter.targets().contains("Patient") && !homes.isShared(type);
                if (valueRows.has(parameter) || namesPatients) {
                    typesWithValueRows.set(typeNumber);
                }
                facts.put(parameter, new Facts(typeNumber, number, hash.reference(typeNumber, number), MainDates.isMainDate(type, parameter.code(), definitions),
                    valueRows.has(parameter), homes.parameters(type).indexOf(parameter.code()), homes.through(type).indexOf(parameter.code()), !homes.isShared(type),
                    LabelHeirs.isAbout(type, parameter.code())));
                if (LabelHeirs.isAbout(type, parameter.code())) {
                    Set<JsonName> elements = aboutElements.computeIfAbsent(type, t -> new HashSet<>());
                    // Of a choice of types the reference alone: a prescription that says its drug itself is about nothing else.
                    String choice = parameter.expression().contains(" as Reference") ? "Reference" : "";
                    Stream.of(parameter.expression().split("\\W+")).filter(element -> !definitions.resourceTypes().contains(element)).forEach(element -> elements.add(JsonName.of(element + choice)));
                }
            }
        }
    }

    IndexRow build(JsonDocument resource) {
        Collector collector = new Collector();
        extractor.extract(resource, collector);
        return collector.row();
    }

    /** Whether it may take labels from others: most resources of the types that can do not, and their values need not be looked for. */
    boolean isAboutOthers(String type, JsonDocument resource) {
        JsonValue root = resource.root();
        for (JsonName element : aboutElements.getOrDefault(type, Set.of())) {
            if (root.field(element) != null) {
                return true;
            }
        }
        return type.equals("Bundle");
    }

    /** False if no resource of the type can have a value row. */
    boolean hasValueRows(int type) {
        return typesWithValueRows.get(type);
    }

    private final class Collector implements SearchValueSink {
        private final LongList tokens = new LongList(48);
        private final LongList refs = new LongList(8);
        private final LongList valueHashes = new LongList(16);
        private final LongList dates = new LongList(12);
        private final LongList mainDates = new LongList(2);
        private final LongList parameters = new LongList(32);
        private @Nullable TreeMap<Short, TreeSet<String>> texts;
        private @Nullable TreeMap<Short, TreeSet<String>> valueTexts;
        private int mainDateNumber;
        private int homeRank = Integer.MAX_VALUE;
        private @Nullable String patientId;
        private final List<long[]> through = new ArrayList<>(2);
        private final LongList about = new LongList(2);
        private final Map<String, LongList> patients = new HashMap<>(4);
        private @Nullable SearchParameter last;
        private Facts lastFacts = new Facts((short) 0, (short) 0, 0, false, false, -1, -1, false, false);

        @Override
        public void accept(SearchParameter parameter, SearchValue value) {
            if (parameter != last) {
                Facts found = facts.get(parameter);
                if (found == null) {
                    throw new IllegalStateException("the extractor found " + parameter.resourceType() + "." + parameter.code() + ", which is not defined");
                }
                last = parameter;
                lastFacts = found;
                parameters.add(found.number());
            }
            Facts f = lastFacts;
            if (value instanceof SearchValue.Token token) {
                token(f, token);
            } else if (value instanceof SearchValue.Reference reference) {
                reference(f, reference);
            } else if (value instanceof SearchValue.Date date) {
                date(f, date);
            } else if (value instanceof SearchValue.Text text) {
                text(f, text.value());
            } else if (value instanceof SearchValue.Uri uri) {
                hash(f, hash.uri(f.type(), f.number(), uri.value()));
            }
        }

        private void hash(Facts f, long value) {
            tokens.add(value);
            if (f.valueRows()) {
                valueHashes.add(value);
            }
        }

        private void token(Facts f, SearchValue.Token token) {
            String system = token.system();
            String code = token.code();
            if (code != null) {
                hash(f, hash.token(f.type(), f.number(), system, code));
                hash(f, hash.tokenAnySystem(f.type(), f.number(), code));
                if (token.typeCode() != null) {
                    hash(f, hash.ofType(f.type(), f.number(), token.typeSystem() == null ? "" : token.typeSystem(), token.typeCode(), code));
                }
            }
            if (system != null && !system.isEmpty()) {
                tokens.add(hash.tokenAnyCode(f.type(), f.number(), system));
            }
        }

        private void reference(Facts f, SearchValue.Reference reference) {
            String type = reference.type();
            String id = reference.id();
            String url = reference.url();
            if (type != null && id != null && (url == null || isOwn(url, type)) && names.isType(type)) {
                local(f, type, id);
            } else if (url != null) {
                reference(f, hash.url(f.type(), f.number(), url, null));
                if (reference.version() != null) {
                    reference(f, hash.url(f.type(), f.number(), url, reference.version()));
                }
            }
            SearchValue.Token identifier = reference.identifier();
            if (identifier != null) {
                identifier(f, identifier);
            }
        }

        private void local(Facts f, String type, String id) {
            long self = hash.self(names.type(type), id);
            reference(f, self ^ f.referenceHash());
            if (f.ofMember() && type.equals("Patient")) {
                patients.computeIfAbsent(id, each -> new LongList(2)).add(self ^ f.referenceHash());
            }
            if (f.homeRank() >= 0 && f.homeRank() < homeRank && type.equals("Patient")) {
                homeRank = f.homeRank();
                patientId = id;
            }
            if (f.about()) {
                about.add(self);
            }
            if (f.throughRank() >= 0) {
                through.add(new long[] {f.throughRank(), through.size(), self});
            }
        }

        private void reference(Facts f, long value) {
            refs.add(value);
            if (f.valueRows()) {
                valueHashes.add(value);
            }
        }

        private void identifier(Facts f, SearchValue.Token identifier) {
            if (identifier.code() != null) {
                hash(f, hash.identifier(f.type(), f.number(), identifier.system(), identifier.code()));
                hash(f, hash.identifierAnySystem(f.type(), f.number(), identifier.code()));
            }
            if (identifier.system() != null && !identifier.system().isEmpty()) {
                tokens.add(hash.identifierAnyCode(f.type(), f.number(), identifier.system()));
            }
        }

        private void date(Facts f, SearchValue.Date date) {
            if (f.mainDate()) {
                mainDateNumber = f.number();
                mainDates.add(date.low());
                mainDates.add(date.high());
            } else {
                date(f.number(), date.low(), date.high());
            }
        }

        private void date(int number, long low, long high) {
            dates.add(IndexRow.dateKey(number));
            dates.add(low);
            dates.add(high);
        }

        private void text(Facts f, String value) {
            hash(f, hash.exactString(f.type(), f.number(), value));
            // PostgreSQL's text cannot hold the character zero, which JSON can.
            String normalized = StringNormalization.normalize(value.indexOf('\0') < 0 ? value : value.replace("\0", ""));
            texts = add(texts, f.number(), normalized);
            if (f.valueRows()) {
                valueTexts = add(valueTexts, f.number(), IndexRow.cutToValueText(normalized));
            }
        }

        private TreeMap<Short, TreeSet<String>> add(@Nullable TreeMap<Short, TreeSet<String>> map, short number, String value) {
            TreeMap<Short, TreeSet<String>> target = map == null ? new TreeMap<>() : map;
            target.computeIfAbsent(number, n -> new TreeSet<>()).add(value);
            return target;
        }

        private boolean isOwn(String url, String type) {
            int end = url.lastIndexOf("/" + type + "/");
            return end > 0 && ownBases.contains(url.substring(0, end));
        }

        IndexRow row() {
            long low = IndexRow.NO_DATE;
            long high = IndexRow.NO_DATE;
            for (int i = 0; i < mainDates.size(); i += 2) {
                low = i == 0 ? mainDates.get(i) : Math.min(low, mainDates.get(i));
                high = Math.max(high, mainDates.get(i + 1));
                if (mainDates.size() > 2) {
                    date(mainDateNumber, mainDates.get(i), mainDates.get(i + 1));
                }
            }
            addStrangers();
            through.sort((a, b) -> a[0] != b[0] ? Long.compare(a[0], b[0]) : Long.compare(a[1], b[1]));
            return new IndexRow(low, high, shorts(parameters.toSortedSet()), tokens.toSortedSet(), refs.toSortedSet(), dates.toSortedTriples(), owners(texts), values(texts),
                valueHashes.toSortedSet(), owners(valueTexts), values(valueTexts), patientId, through.stream().mapToLong(entry -> entry[2]).toArray(),
                about.toSortedSet());
        }

        /** Patients other than the home: their side finds the resource by its value rows, since it is not in their record. */
        private void addStrangers() {
            patients.forEach((id, references) -> {
                for (int i = 0; i < references.size() && !id.equals(patientId); i++) {
                    valueHashes.add(references.get(i));
                }
            });
        }

        private short[] shorts(long[] values) {
            short[] out = new short[values.length];
            for (int i = 0; i < out.length; i++) {
                out[i] = (short) values[i];
            }
            return out;
        }

        private short[] owners(@Nullable TreeMap<Short, TreeSet<String>> map) {
            if (map == null) {
                return new short[0];
            }
            short[] out = new short[map.values().stream().mapToInt(Set::size).sum()];
            int at = 0;
            for (Map.Entry<Short, TreeSet<String>> entry : map.entrySet()) {
                Arrays.fill(out, at, at + entry.getValue().size(), entry.getKey());
                at += entry.getValue().size();
            }
            return out;
        }

        private String[] values(@Nullable TreeMap<Short, TreeSet<String>> map) {
            return map == null ? new String[0] : map.values().stream().flatMap(Set::stream).toArray(String[]::new);
        }
    }
}
