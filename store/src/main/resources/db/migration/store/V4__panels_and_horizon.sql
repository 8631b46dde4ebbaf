-- Members that a grant reaches together: looked up by statements, never carried by them.
CREATE TABLE store.panel_member (
    panel  text COLLATE "C" NOT NULL,
    member bigint NOT NULL,
    PRIMARY KEY (panel, member)
);

-- The latest instant that an export has taken as its own. Writes are stamped later than it, also if the database's clock was set back.
CREATE TABLE store.horizon (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    millis   bigint NOT NULL
);
INSERT INTO store.horizon (millis) VALUES (0);

-- Resources that went from one member's record to another's, or to nobody's. Rare; a scan of a past state finds them where they were.
CREATE TABLE store.moved (
    from_member bigint NOT NULL,
    moved       bigint NOT NULL,               -- the time of the write that moved it
    self        bigint NOT NULL
);
CREATE INDEX moved_from ON store.moved (from_member, moved);
