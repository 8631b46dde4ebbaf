package dev.portolan.store;

import dev.portolan.tables.OneTransaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.postgresql.util.PSQLException;

/** The records under one grant. */
final class GrantedRecordView implements RecordView {

    private static final int ATTEMPTS = 8;
    private static final int LONGEST_FIRST_WAIT_MILLIS = 8;
    /** Serialization failure and deadlock (PostgreSQL documentation, appendix A). */
    private static final Set<String> CONFLICTS = Set.of("40001", "40P01");
    private static final String UNIQUE_VIOLATION = "23505";
    private static final Set<String> IDENTITY_INDEXES = Set.of("resource_self", "history_pkey");

    private final Grant grant;
    private final StoreContext context;
    private final StoreParts parts;

    GrantedRecordView(Grant grant, StoreContext context, StoreParts parts) {
        this.grant = grant;
        this.context = context;
        this.parts = parts;
    }

    @Override
    public Grant grant() {
        return grant;
    }

    @Override
    public Set<String> patientIds(Collection<StoredResource.Home> homes) {
        Set<Long> keys = new HashSet<>();
        homes.forEach(home -> keys.add(home.member()));
        try {
            return context.members().patientIds(context.dataSource(), keys);
        } catch (SQLException e) {
            throw new StoreFailureException("The database could not tell whose records were read.", e);
        }
    }

    @Override
    public Withheld withheld() {
        return new GrantedWithheld(grant, context, parts);
    }

    @Override
    public ReadResult read(ResourceKey key) {
        try {
            return parts.reads().read(grant, key);
        } catch (SQLException e) {
            throw new StoreFailureException("The database could not complete a read.", e);
        }
    }

    @Override
    public ReadResult readVersion(ResourceKey key, long version) {
        return reading(connection -> parts.reads().readVersion(connection, GrantPredicate.of(grant, context, connection), key, version));
    }

    @Override
    public HistoryPage history(HistoryRequest request) {
        return reading(connection -> parts.history().page(connection, GrantPredicate.of(grant, context, connection), request));
    }

    @Override
    public SearchPage search(SearchRequest request) {
        return reading(connection -> parts.searches().search(connection, grant, request));
    }

    @Override
    public SearchPage everything(EverythingRequest request) {
        return reading(connection -> parts.searches().everything(connection, grant, request));
    }

    @Override
    public RecordScan scan(ScanRequest request) {
        return new GrantedScan(grant, context, request);
    }

    @Override
    public <T, R> R write(Function<WriteTransaction, T> work, BiFunction<WriteTransaction, T, R> beforeCommit) {
        return write(work, beforeCommit, true);
    }

    @Override
    public <T> T writeRepeatable(Function<WriteTransaction, T> work) {
        return write(work, (transaction, result) -> result, false);
    }

    private <T, R> R write(Function<WriteTransaction, T> work, BiFunction<WriteTransaction, T, R> beforeCommit, boolean durable) {
        for (int attempt = 1;; attempt++) {
            try {
                return writeOnce(work, beforeCommit, durable, attempt > 1);
            } catch (RuntimeException e) {
                if (!isConflict(e)) {
                    throw e;
                }
                if (attempt == ATTEMPTS) {
                    throw new WriteConflictException("Another write to the same resources came in between, several times. Try again.", e);
                }
                pause(attempt);
            }
        }
    }

    private <T, R> R writeOnce(Function<WriteTransaction, T> work, BiFunction<WriteTransaction, T, R> beforeCommit, boolean durable, boolean again) {
        try (Connection connection = context.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            if (!durable) {
                doNotWait(connection);
            }
            if (again) {
                context.merged().ask(connection);
            }
            GrantedWriteTransaction transaction = new GrantedWriteTransaction(connection, grant, context, parts, again ? Horizon.earliest(connection) : 0, context.merged().get());
            R result;
            try {
                T done = work.apply(transaction);
                transaction.finish();
                result = beforeCommit.apply(transaction, done);
                transaction.finish();
                connection.commit();
            } catch (RuntimeException | Error | SQLException e) {
                OneTransaction.rollBack(connection, e);
                throw e;
            }
            transaction.committed();
            connection.setAutoCommit(true);
            return result;
        } catch (SQLException e) {
            throw new StoreFailureException("The database could not complete a write.", e);
        }
    }

    private static void doNotWait(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL synchronous_commit = off");
        }
    }

    static boolean isConflict(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && isConflict(sql)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isConflict(SQLException failure) {
        for (SQLException e = failure; e != null; e = e.getNextException()) {
            // A pool that has no connection to give has no state to tell either.
            if (e.getSQLState() != null && CONFLICTS.contains(e.getSQLState())) {
                return true;
            }
            boolean twice = UNIQUE_VIOLATION.equals(e.getSQLState()) && e instanceof PSQLException detailed && detailed.getServerErrorMessage() != null
                && IDENTITY_INDEXES.contains(detailed.getServerErrorMessage().getConstraint());
            if (twice) {
                return true;
            }
        }
        return false;
    }

    /** A millisecond at least: after an instant was settled, the time of the write is past it then without running ahead of the clock. */
    private static void pause(int attempt) {
        try {
            Thread.sleep(1 + ThreadLocalRandom.current().nextLong((long) LONGEST_FIRST_WAIT_MILLIS << attempt));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreFailureException("The write was interrupted.", e);
        }
    }

    private interface Reading<T> {
        T run(Connection connection) throws SQLException;
    }

    private <T> T reading(Reading<T> work) {
        try (Connection connection = context.dataSource().getConnection()) {
            return work.run(connection);
        } catch (SQLException e) {
            throw new StoreFailureException("The database could not complete a read.", e);
        }
    }
}
