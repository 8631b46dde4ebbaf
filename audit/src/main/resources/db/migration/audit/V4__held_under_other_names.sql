-- The ids under which a held member's record was ever kept, beside the hold's own: before it was merged into another, or while it was. Added to, as holds are; nothing is taken back.
CREATE TABLE audit.hold_name (
    hold   bigint NOT NULL REFERENCES audit.hold (id),
    member text   NOT NULL,
    PRIMARY KEY (hold, member)
);

-- As before, and a hold of a member covers the member's other ids. Days are UTC's, as the trail's are, whatever time zone the session has: west of Greenwich a day that has begun there was told to be too young.
CREATE OR REPLACE FUNCTION audit.months_before(keep_from date, retention_years integer) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE
    ripe  text[] := '{}';
    part  record;
    held  boolean;
BEGIN
    IF retention_years < 6 OR keep_from > ((now() AT TIME ZONE 'UTC') - make_interval(years => retention_years))::date THEN
        RAISE EXCEPTION 'months after % are within the retention period of % years', keep_from, retention_years;
    END IF;
    FOR part IN SELECT c.relname, to_date(substr(c.relname, 7), 'YYYY_MM') AS month
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit.entry'::regclass ORDER BY 2 LOOP
        EXIT WHEN part.month + interval '1 month' > date_trunc('month', keep_from);
        EXECUTE format('SELECT EXISTS (SELECT FROM (SELECT h.member IS NULL AS everybody, h.since, ARRAY(SELECT h.member UNION SELECT n.member FROM audit.hold_name n WHERE n.hold = h.id) AS names'
            || ' FROM audit.hold h WHERE NOT EXISTS (SELECT FROM audit.hold_release r WHERE r.hold = h.id)) h'
            || ' WHERE EXISTS (SELECT FROM audit.%I e WHERE (h.everybody OR e.member = ANY (h.names) OR e.members && h.names) AND (h.since IS NULL OR e.recorded >= h.since)))', part.relname) INTO held;
        EXIT WHEN held;
        ripe := ripe || part.relname::text;
    END LOOP;
    RETURN ripe;
END $$;

CREATE OR REPLACE FUNCTION audit.drop_months_before(keep_from date, retention_years integer) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    gone text[];
    part text;
BEGIN
    -- A hold that is being placed is waited for; one that comes later finds the months gone.
    LOCK TABLE audit.hold, audit.hold_release, audit.hold_name IN SHARE MODE;
    gone := audit.months_before(keep_from, retention_years);
    FOREACH part IN ARRAY gone LOOP
        EXECUTE format('INSERT INTO audit.retired (chain, seq, hash) SELECT DISTINCT ON (chain) chain, seq, hash FROM audit.%I ORDER BY chain, seq DESC'
            || ' ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, dropped = excluded.dropped', part);
        EXECUTE format('DROP TABLE audit.%I', part);
    END LOOP;
    RETURN gone;
END $$;
