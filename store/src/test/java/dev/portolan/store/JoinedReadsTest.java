package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Each read of many gets the rows of its own values, and no other's. */
class JoinedReadsTest {

    private static RecordFixture records;

    @BeforeAll
    static void load() {
        records = new RecordFixture(new SmallDefinitions());
    }

    @AfterAll
    static void close() {
        records.close();
    }

    /** Of every type of value, and of an answer only where the number is even. */
    private static Sql single(int number) {
        return Sql.of("SELECT r.text FROM (SELECT ").bind((long) number).add(" AS number, ").bind("text ? " + number).add(" AS text, ").bind((short) number).add("::smallint AS small) r WHERE r.number % ").bind(2)
            .add(" = 0 AND r.small = r.number");
    }

    private static Sql withArray(int number) {
        return Sql.of("SELECT 'text ? ' || ").bind((long) number).add(" WHERE 0 = ANY(").bind(new long[] {number % 2}).add(")");
    }

    private static Set<String> texts(List<Sql> reads) throws Exception {
        Set<String> told = new HashSet<>();
        JoinedReads joined = new JoinedReads(reads);
        try (Connection connection = records.pool.getConnection();
            PreparedStatement statement = connection.prepareStatement(joined.text())) {
            joined.bind(statement);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    assertThat(told.add(rows.getInt(1) + ": " + rows.getString(2))).isTrue();
                }
            }
        }
        return told;
    }

    @Test
    void eachReadGetsItsOwnRow() throws Exception {
        for (int count = 1; count <= 16; count++) {
            List<Sql> single = new ArrayList<>();
            List<Sql> arrays = new ArrayList<>();
            Set<String> expected = new HashSet<>();
            for (int i = 0; i < count; i++) {
                int number = 7 * i + count;
                single.add(single(number));
                arrays.add(withArray(number));
                if (number % 2 == 0) {
                    expected.add(i + ": text ? " + number);
                }
            }
            assertThat(texts(single)).isEqualTo(expected);
            assertThat(texts(arrays)).isEqualTo(expected);
        }
    }

    @Test
    void aStatementOfSingleValuesIsTheSameHoweverManyReadsThereAre() {
        Set<String> texts = new HashSet<>();
        IntStream.rangeClosed(2, 16).forEach(count -> texts.add(new JoinedReads(IntStream.range(0, count).mapToObj(JoinedReadsTest::single).toList()).text()));
        assertThat(texts).hasSize(1);
        assertThat(JoinedReads.worthwhile(single(1), 15)).isEqualTo(15);
        assertThat(JoinedReads.worthwhile(withArray(1), 15)).isEqualTo(8);
    }
}
