package dev.portolan.fhir.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.search.SearchQuery.RawParameter;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class SearchPropertiesTest {

    private static final long YEAR_1900 = Instant.parse("1900-01-01T00:00:00Z").getEpochSecond();
    private static final long YEAR_2100 = Instant.parse("2100-01-01T00:00:00Z").getEpochSecond();

    /** What does not parse is refused; nothing else is ever thrown, whatever stands in the query. */
    @Property(tries = 4_000, seed = "42")
    void aParserRefusesOrReads(@ForAll("types") String type, @ForAll("parameters") List<RawParameter> parameters, @ForAll boolean strict) {
        try {
            SearchQuery query = Searches.PARSER.parse(List.of(type), parameters, Set.of(Searches.OWN_BASE), strict);
            assertThat(query.applied().size() + query.ignored().size()).isEqualTo(parameters.size());
        } catch (InvalidSearchException refused) {
            assertThat(refused.getMessage()).isNotBlank();
        }
    }

    @Provide
    Arbitrary<String> types() {
        return Arbitraries.of("Patient", "Observation", "ExplanationOfBenefit", "Location", "Bundle", "Task", "QuestionnaireResponse", "RiskAssessment");
    }

    @Provide
    Arbitrary<List<RawParameter>> parameters() {
        Arbitrary<String> part = Arbitraries.of(
            "_id", "_has", "_sort", "_include", "_revinclude", "_count", "_list", "_text", "_lastUpdated", "_tag", "_compartment", "patient", "subject", "code", "date", "name", "near", "probability",
            "value-quantity", "code-value-quantity", "identifier", "url", "Patient", "Observation", "missing", "not", "in", "above", "below", "of-type", "text", "exact", "iterate", "focus", "", "*", "\u0000");
        Arbitrary<String> name = Combinators.combine(part, Arbitraries.of(":", ".", "", ":x:"), part, Arbitraries.of(":", ".", ""), part)
            .as((a, s, b, t, c) -> s.isEmpty() ? a : t.isEmpty() ? a + s + b : a + s + b + t + c);
        Arbitrary<String> piece = Arbitraries.of(
            "gt", "ap", "2020", "-02-30", "T10:00", "+14:00", "Z", "|", "$", ",", "\\", "Patient/1", "http://x.example/fhir/Patient/1", "urn:uuid:x", "1e99", "-", ".", "5.4", "true", "*", ":", "#", "é", "\u0000",
            "' OR 1=1 --", "Observation:subject");
        Arbitrary<String> value = Arbitraries.oneOf(piece.list().ofMaxSize(5).map(pieces -> String.join("", pieces)), Arbitraries.strings().ofMaxLength(12));
        return Combinators.combine(name, value).as(RawParameter::new).list().ofMinSize(1).ofMaxSize(4);
    }

    /** Every precision of an instant covers the instant, and a finer one lies inside a coarser one. */
    @Property(seed = "42")
    void aDateCoversItsInstantAtEveryPrecision(@ForAll("seconds") long second, @ForAll @IntRange(min = -14, max = 14) int offset) {
        OffsetDateTime time = Instant.ofEpochSecond(second).atOffset(ZoneOffset.UTC);
        SearchValue.Date narrower = DateText.parse(time.withOffsetSameInstant(ZoneOffset.ofHours(offset)).format(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx")));
        assertThat(narrower).isEqualTo(new SearchValue.Date(second * 1_000, second * 1_000 + 999));
        for (String pattern : List.of("yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd", "yyyy-MM", "yyyy")) {
            SearchValue.Date wider = DateText.parse(time.format(DateTimeFormatter.ofPattern(pattern)));
            assertThat(wider.low()).isLessThanOrEqualTo(narrower.low());
            assertThat(wider.high()).isGreaterThanOrEqualTo(narrower.high());
            narrower = wider;
        }
    }

    @Provide
    Arbitrary<Long> seconds() {
        return Arbitraries.longs().between(YEAR_1900, YEAR_2100);
    }

    /** Days, months and years follow each other without a gap. */
    @Property(seed = "42")
    void daysAreNextToEachOther(@ForAll @LongRange(min = -25_000, max = 47_000) long epochDay) {
        LocalDate day = LocalDate.ofEpochDay(epochDay);
        assertThat(DateText.parse(day.toString()).high() + 1).isEqualTo(DateText.parse(day.plusDays(1).toString()).low());
        String month = day.toString().substring(0, 7);
        assertThat(DateText.parse(month).high() + 1).isEqualTo(DateText.parse(day.plusMonths(1).toString().substring(0, 7)).low());
    }

    @Property(seed = "42")
    void anythingIsADateOrNot(@ForAll String text) {
        SearchValue.Date date = DateText.parse(text);
        assertThat(date == null || date.low() <= date.high()).isTrue();
    }

    @Property(seed = "42")
    void aNumberLiesInItsRangeAndMoreDigitsMakeItNarrower(@ForAll @IntRange(min = -100_000, max = 100_000) int unscaled, @ForAll @IntRange(min = 0, max = 6) int scale) {
        CriterionValue.Number coarse = NumberText.parse("x", BigDecimal.valueOf(unscaled, scale).toPlainString());
        CriterionValue.Number fine = NumberText.parse("x", BigDecimal.valueOf(unscaled, scale).setScale(scale + 1).toPlainString());
        assertThat(coarse.low()).isLessThan(coarse.value());
        assertThat(coarse.high()).isGreaterThan(coarse.value());
        assertThat(fine.low()).isGreaterThan(coarse.low());
        assertThat(fine.high()).isLessThan(coarse.high());
    }

    @Property(seed = "42")
    void escapedTextComesBackWhole(@ForAll List<String> parts) {
        String joined = String.join(",", parts.stream().map(part -> part.replace("\\", "\\\\").replace(",", "\\,").replace("|", "\\|").replace("$", "\\$")).toList());
        List<String> read = EscapedText.split(joined, ',').stream().map(EscapedText::unescape).toList();
        assertThat(read).isEqualTo(parts.isEmpty() ? List.of("") : parts);
    }
}
