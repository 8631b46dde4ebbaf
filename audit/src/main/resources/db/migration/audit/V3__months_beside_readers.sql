-- A month is made beside whoever reads the trail. CREATE TABLE ... PARTITION OF waits until nobody reads any more (a proof of the chains, a report, a backup: hours), and every entry then waits behind it;
-- ATTACH PARTITION does not.
CREATE OR REPLACE FUNCTION audit.ensure_month(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE
    first date := date_trunc('month', month)::date;
    name  text := format('entry_%s', to_char(first, 'YYYY_MM'));
BEGIN
    IF to_regclass('audit.' || name) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('audit.ensure_month', 0));
        IF to_regclass('audit.' || name) IS NULL THEN
            EXECUTE format('CREATE TABLE audit.%I (LIKE audit.entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
            EXECUTE format('ALTER TABLE audit.entry ATTACH PARTITION audit.%I FOR VALUES FROM (%L) TO (%L)', name,
                first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month')::timestamp AT TIME ZONE 'UTC');
        END IF;
    END IF;
END $$;

-- A month cannot be dropped beside readers, and while that is waited for no entry is taken: rather another day.
ALTER FUNCTION audit.drop_months_before(date, integer) SET lock_timeout = '2s';
