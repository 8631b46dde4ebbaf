-- Members that a grant reaches together: looked up by statements, never carried by them.
CREATE TABLE store.panel_member (
    panel  text COLLATE "C" NOT NULL,
    member bigint NOT NULL,
    PRIMARY KEY (panel, member)
);

-- The latest instant that an export has taken as its own. Writes are stamped later than it, also if a clock was set back.
CREATE TABLE store.horizon (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    millis   bigint NOT NULL
);
INSERT INTO store.horizon (millis) VALUES (0);

-- A write whose time is not after the horizon is tried again with a later one, as after any serialization failure.
CREATE FUNCTION store.require_after_horizon(write_time bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM store.horizon WHERE millis >= write_time) THEN
        RAISE EXCEPTION 'the time of this write was settled meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
END $$;

-- Resources that went from one member's record to another's, or to nobody's. Rare; a scan of a past state finds them where they were.
CREATE TABLE store.moved (
    from_member bigint NOT NULL,
    moved       bigint NOT NULL,               -- the time of the write that moved it
    self        bigint NOT NULL
);
CREATE INDEX moved_from ON store.moved (from_member, moved);
