-- Who saw what. Rows are added and never changed: the server's role may insert and read, nothing else (AUD-03).
-- Every process writes a chain of its own: each entry's hash covers the one before it, so that a row that was altered or taken out is found.

CREATE SCHEMA IF NOT EXISTS audit;

CREATE TABLE audit.entry (
    chain        uuid        NOT NULL,
    seq          bigint      NOT NULL,       -- 1, 2, 3, ... without gaps within a chain
    recorded     timestamptz NOT NULL,       -- milliseconds, UTC
    api          text        NOT NULL,
    operation    text        NOT NULL,       -- FHIR interaction or operation, or a security event
    status       smallint    NOT NULL,       -- HTTP status of the answer
    outcome      text,                       -- code of the first OperationOutcome issue, for a refusal
    app          text        NOT NULL,
    person       text,
    relation     text,                       -- how the person stands to the member, if not the member
    member       text,                       -- logical id of the Patient, if it was one member's data
    members      text[],                     -- if it was several members'
    types        text[]      NOT NULL,
    resource     text,                       -- Type/id, for an interaction with one resource
    resources    integer     NOT NULL,       -- how many resources left
    withheld     integer     NOT NULL,       -- how many were held back by policy (CON-06)
    categories   text[]      NOT NULL,       -- data categories that left
    query        text,                       -- parameter names only: values may identify a member
    grant_id     text        NOT NULL,
    scopes       text[]      NOT NULL,
    purpose      text        NOT NULL,
    consents     text[]      NOT NULL,
    source       text,                       -- address that the request came from
    request      text        NOT NULL,       -- X-Request-Id
    previous     bytea       NOT NULL,       -- hash of entry seq - 1 of the chain; of the chain's opening for the first
    hash         bytea       NOT NULL,
    PRIMARY KEY (chain, seq, recorded)
) PARTITION BY RANGE (recorded);

CREATE INDEX entry_member ON audit.entry (member, recorded) WHERE member IS NOT NULL;
CREATE INDEX entry_members ON audit.entry USING gin (members) WHERE members IS NOT NULL;
CREATE INDEX entry_app ON audit.entry (app, recorded);
CREATE INDEX entry_person ON audit.entry (person, recorded) WHERE person IS NOT NULL;
CREATE INDEX entry_recorded ON audit.entry (recorded);

-- A chain's start, and what it was last seen to reach: a tail that was cut off is found against the anchors that were kept elsewhere.
CREATE TABLE audit.chain (
    chain   uuid        PRIMARY KEY,
    number  bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,  -- given under a lock: the order in which chains were opened
    node    text        NOT NULL,
    opened  timestamptz NOT NULL,
    opening bytea       NOT NULL             -- hash over the heads of all earlier chains: ties the chains together
);

-- Where a chain goes on after months were dropped: written by the dropping function only.
CREATE TABLE audit.retired (
    chain   uuid        PRIMARY KEY,
    seq     bigint      NOT NULL,            -- last entry that was dropped
    hash    bytea       NOT NULL,            -- its hash, which the next one continues
    dropped timestamptz NOT NULL DEFAULT now()
);

-- Partitions are made ahead by the owner's function, so that the server's role needs no right to create tables.
CREATE FUNCTION audit.ensure_month(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE
    first date := date_trunc('month', month)::date;
    name  text := format('entry_%s', to_char(first, 'YYYY_MM'));
BEGIN
    IF to_regclass('audit.' || name) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('audit.ensure_month', 0));
        IF to_regclass('audit.' || name) IS NULL THEN
            EXECUTE format('CREATE TABLE audit.%I PARTITION OF audit.entry FOR VALUES FROM (%L) TO (%L)', name,
                first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month')::timestamp AT TIME ZONE 'UTC');
        END IF;
    END IF;
END $$;

-- Retention (AUD-06): whole months, and never a month that is younger than the period. What goes is written down, in the trail itself, by the caller.
CREATE FUNCTION audit.drop_months_before(keep_from date, retention_years integer) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE
    gone text[] := '{}';
    part record;
BEGIN
    IF retention_years < 6 OR keep_from > (now() - make_interval(years => retention_years))::date THEN
        RAISE EXCEPTION 'months after % are within the retention period of % years', keep_from, retention_years;
    END IF;
    FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit.entry'::regclass ORDER BY 1 LOOP
        IF to_date(substr(part.relname, 7), 'YYYY_MM') + interval '1 month' <= date_trunc('month', keep_from) THEN
            EXECUTE format('INSERT INTO audit.retired (chain, seq, hash) SELECT DISTINCT ON (chain) chain, seq, hash FROM audit.%I ORDER BY chain, seq DESC'
                || ' ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, dropped = excluded.dropped', part.relname);
            EXECUTE format('DROP TABLE audit.%I', part.relname);
            gone := gone || part.relname::text;
        END IF;
    END LOOP;
    RETURN gone;
END $$;

REVOKE ALL ON FUNCTION audit.ensure_month(date), audit.drop_months_before(date, integer) FROM PUBLIC;
