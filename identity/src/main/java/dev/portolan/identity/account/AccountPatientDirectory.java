package dev.portolan.identity.account;

import dev.portolan.identity.IdentityDatabase;
import java.util.List;
import java.util.Optional;

/** The members who have an account: what there is where no other room knows more. */
public final class AccountPatientDirectory implements PatientDirectory {
    private final IdentityDatabase database;

    public AccountPatientDirectory(IdentityDatabase database) {
        this.database = database;
    }

    @Override
    public Optional<Found> find(String patient) {
        return database.sql("select patient, display_name from identity.account where kind = 'MEMBER' and patient = ? limit 1").param(patient)
                .query((row, n) -> new Found(row.getString(1), row.getString(2))).optional();
    }

    @Override
    public List<Found> search(String text) {
        return database.sql("""
                select patient, display_name from identity.account
                where kind = 'MEMBER' and patient is not null and (starts_with(lower(display_name), lower(?)) or starts_with(patient, ?))
                order by display_name limit ?""").params(text, text, MOST)
                .query((row, n) -> new Found(row.getString(1), row.getString(2))).list();
    }
}
