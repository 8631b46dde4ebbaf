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
            .add(" = 0 AND r.small = r.number LIMIT 1");
    }

    private static Sql withArray(int number) {
        long[] one = number % 3 == 0 ? new long[] {number % 2} : new long[] {7, -9_000_000_000L, number % 2};
        return Sql.of("SELECT 'text ' || chr(63) || ' ' || ").bind((long) number).add(" WHERE 0 = ANY(").bind(one).add(") AND 1 <> ALL(").bind(number % 5 == 0 ? new short[] {-2, 3} : new short[0]).add(") LIMIT 1");
    }

    private static Set<String> texts(List<Sql> reads) throws Exception {
        Set<String> told = new HashSet<>();
        JoinedReads joined = new JoinedReads(reads);
        try (Connection connection = records.pool.getConnection();
            PreparedStatement statement = connection.prepareStatement(joined.text())) {
            joined.bind(statement);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    boolean alone = reads.size() == 1;
                    assertThat(told.add((alone ? 0 : rows.getInt(1)) + ": " + rows.getString(alone ? 1 : 2))).isTrue();
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
    void aStatementIsTheSameHoweverManyReadsThereAre() {
        Set<String> texts = new HashSet<>();
        IntStream.rangeClosed(2, 16).forEach(count -> texts.add(new JoinedReads(IntStream.range(0, count).mapToObj(JoinedReadsTest::single).toList()).text()));
        assertThat(texts).hasSize(1);
        assertThat(JoinedReads.goTogether(single(1), single(2))).isTrue();
        assertThat(JoinedReads.goTogether(withArray(1), withArray(2))).isTrue();
        assertThat(JoinedReads.goTogether(single(1), withArray(1))).as("of another text").isFalse();
        assertThat(JoinedReads.goTogether(Sql.of("SELECT ").bind(1), Sql.of("SELECT ").bind(1L))).as("of other values").isFalse();
        assertThat(JoinedReads.goTogether(Sql.of("SELECT ").bind(new String[] {"a"}), Sql.of("SELECT ").bind(new String[] {"a"}))).as("of what cannot be a column").isFalse();
    }
}
