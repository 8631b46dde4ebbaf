-- What compliance asks beside members, apps, people and times. Partial, so that an access that was served costs nothing here.
CREATE INDEX entry_refused ON audit.entry (recorded) WHERE status >= 400;
CREATE INDEX entry_events ON audit.entry (recorded) WHERE api IN ('identity', 'audit');

-- A legal hold: nothing that it covers may go, whatever its age. Placed and released by adding rows; nothing is taken back.
CREATE TABLE audit.hold (
    id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member  text,                            -- logical id of the Patient; null: everything
    since   timestamptz,                     -- of entries from then; null: from the first
    reason  text        NOT NULL,
    placed  timestamptz NOT NULL DEFAULT now(),
    person  text        NOT NULL
);
CREATE TABLE audit.hold_release (
    hold     bigint      PRIMARY KEY REFERENCES audit.hold (id),
    reason   text        NOT NULL,
    released timestamptz NOT NULL DEFAULT now(),
    person   text        NOT NULL
);

-- Months, oldest first, that have outlived the retention period and that no hold covers. Chains stay whole from their first month on, so the first month that is held keeps all that follow it.
CREATE FUNCTION audit.months_before(keep_from date, retention_years integer) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE
    ripe  text[] := '{}';
    part  record;
    held  boolean;
BEGIN
    IF retention_years < 6 OR keep_from > (now() - make_interval(years => retention_years))::date THEN
        RAISE EXCEPTION 'months after % are within the retention period of % years', keep_from, retention_years;
    END IF;
    FOR part IN SELECT c.relname, to_date(substr(c.relname, 7), 'YYYY_MM') AS month
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit.entry'::regclass ORDER BY 2 LOOP
        EXIT WHEN part.month + interval '1 month' > date_trunc('month', keep_from);
        EXECUTE format('SELECT EXISTS (SELECT FROM audit.hold h WHERE NOT EXISTS (SELECT FROM audit.hold_release r WHERE r.hold = h.id)'
            || ' AND EXISTS (SELECT FROM audit.%I e WHERE (h.member IS NULL OR e.member = h.member OR e.members @> ARRAY[h.member]) AND (h.since IS NULL OR e.recorded >= h.since)))', part.relname) INTO held;
        EXIT WHEN held;
        ripe := ripe || part.relname::text;
    END LOOP;
    RETURN ripe;
END $$;

CREATE OR REPLACE FUNCTION audit.drop_months_before(keep_from date, retention_years integer) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE
    gone text[];
    part text;
BEGIN
    -- A hold that is being placed is waited for; one that comes later finds the months gone.
    LOCK TABLE audit.hold, audit.hold_release IN SHARE MODE;
    gone := audit.months_before(keep_from, retention_years);
    FOREACH part IN ARRAY gone LOOP
        EXECUTE format('INSERT INTO audit.retired (chain, seq, hash) SELECT DISTINCT ON (chain) chain, seq, hash FROM audit.%I ORDER BY chain, seq DESC'
            || ' ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, dropped = excluded.dropped', part);
        EXECUTE format('DROP TABLE audit.%I', part);
    END LOOP;
    RETURN gone;
END $$;

REVOKE ALL ON FUNCTION audit.months_before(date, integer) FROM PUBLIC;
