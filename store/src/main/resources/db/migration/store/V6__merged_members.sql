-- Two Patients of one person: the records of the merged one are kept in the survivor's for as long as the merge stands, and what was written under the merged one's name is kept beside, so that it can be taken back.
CREATE TABLE store.merged_member (
    merged   text COLLATE "C" PRIMARY KEY,      -- logical id of the Patient that was merged away
    survivor text COLLATE "C" NOT NULL,
    since    bigint NOT NULL                    -- time of the merge's writes
);
CREATE INDEX merged_member_survivor ON store.merged_member (survivor);

-- What would stand if there were no merge: the resource as its writer gave it.
CREATE TABLE store.merged_resource (
    self   bigint PRIMARY KEY,
    merged text COLLATE "C" NOT NULL,           -- under whose name it came; '' for a survivor's own Patient
    type   smallint NOT NULL,
    id     text COLLATE "C" NOT NULL,
    given  bytea NOT NULL                       -- encoded as store.resource.content
);
ALTER TABLE store.merged_resource ALTER COLUMN given SET STORAGE EXTERNAL;
CREATE INDEX merged_resource_merged ON store.merged_resource (merged);

-- How often merges changed. A write that knows less begins again.
ALTER TABLE store.horizon ADD COLUMN merges bigint NOT NULL DEFAULT 0;

CREATE FUNCTION store.require_current(write_time bigint, known_merges bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM store.horizon WHERE millis >= write_time OR merges <> known_merges) THEN
        RAISE EXCEPTION 'the time of this write was settled, or members were merged, meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
END $$;
