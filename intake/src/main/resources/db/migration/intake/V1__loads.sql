-- Loads of the plan's feeds: what was read, what became of every line, what was refused and why. docs/intake.md.

-- One load of one source.
CREATE TABLE intake.run (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed      text        NOT NULL,               -- who delivers: cpcds, eligibility, ...
    kind      text        NOT NULL,               -- how it is read: cpcds, ndjson, mapping
    source    text        NOT NULL,               -- file, folder or address, without what is secret
    options   jsonb       NOT NULL,
    state     text        NOT NULL CHECK (state IN ('waiting', 'running', 'completed', 'failed')),
    asked_at  timestamptz NOT NULL DEFAULT now(),
    asked_by  text        NOT NULL,
    started   timestamptz,
    finished  timestamptz,
    failure   text
);
CREATE INDEX run_unfinished ON intake.run (id) WHERE state IN ('waiting', 'running');

-- One file of a load. Its counts are the sums of its batches.
CREATE TABLE intake.file (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run             bigint  NOT NULL,
    position        integer NOT NULL,
    part            text    NOT NULL,             -- members, coverages, claims, ...
    name            text    NOT NULL,
    path            text    NOT NULL,
    sha256          bytea   NOT NULL,             -- duplicate control
    bytes           bigint  NOT NULL,
    mapping         text    NOT NULL,
    mapping_version text    NOT NULL,
    state           text    NOT NULL CHECK (state IN ('waiting', 'loading', 'loaded', 'skipped')),
    closed          bigint  NOT NULL DEFAULT 0,   -- resources closed because a full feed no longer has them
    newest          timestamptz,                  -- the newest data that the file has
    note            text,
    UNIQUE (run, position)
);
CREATE INDEX file_part ON intake.file (part, sha256);

-- Some records, written together. The row is the proof that they are: a resumed load leaves them out.
CREATE TABLE intake.batch (
    file       bigint      NOT NULL,
    number     integer     NOT NULL,
    first_line bigint      NOT NULL,
    last_line  bigint      NOT NULL,
    lines      integer     NOT NULL,              -- = mapped + merged + rejected
    mapped     integer     NOT NULL,              -- lines that became resources, one for each record
    merged     integer     NOT NULL,              -- lines that went into the record of another line
    rejected   integer     NOT NULL,
    warned     integer     NOT NULL,              -- lines of records that were written with a warning
    created    integer     NOT NULL,              -- resources
    updated    integer     NOT NULL,
    unchanged  integer     NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    raw        bytea       NOT NULL,              -- the records as they came: zstd of (line, length, bytes) each
    PRIMARY KEY (file, number)
);
CREATE INDEX batch_lines ON intake.batch (file, first_line);

-- Problems, grouped.
CREATE TABLE intake.problem (
    file     bigint  NOT NULL,
    rejected boolean NOT NULL,
    code     text    NOT NULL,
    field    text    NOT NULL,
    message  text    NOT NULL,
    lines    bigint  NOT NULL,
    examples bigint[] NOT NULL,                   -- the first few lines
    PRIMARY KEY (file, rejected, code, field, message)
);

-- Codes that no table or map knows, for the report on data quality.
CREATE TABLE intake.unmapped_code (
    file  bigint NOT NULL,
    map   text   NOT NULL,
    code  text   NOT NULL,
    lines bigint NOT NULL,
    PRIMARY KEY (file, map, code)
);

-- Rejected records, each as a source of its own (with its header or envelope), until somebody corrects or dismisses it.
CREATE TABLE intake.quarantine (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file        bigint      NOT NULL,
    line        bigint      NOT NULL,
    lines       integer     NOT NULL,
    raw         bytea       NOT NULL,
    reasons     jsonb       NOT NULL,
    state       text        NOT NULL CHECK (state IN ('open', 'resolved', 'dismissed')) DEFAULT 'open',
    noted_at    timestamptz NOT NULL DEFAULT now(),
    corrected   bytea,                            -- what was reprocessed, if it was changed
    settled_at  timestamptz,
    settled_by  text,
    note        text,
    UNIQUE (file, line)
);
CREATE INDEX quarantine_open ON intake.quarantine (id) WHERE state = 'open';

-- Where the present version of each loaded resource came from; what a full feed no longer has is found here.
CREATE TABLE intake.origin (
    type   text    COLLATE "C" NOT NULL,
    id     text    COLLATE "C" NOT NULL,
    feed   text    NOT NULL,
    part   text    NOT NULL,
    file   bigint  NOT NULL,
    line   bigint  NOT NULL,
    closed boolean NOT NULL DEFAULT false,
    PRIMARY KEY (type, id, feed, part)
) WITH (fillfactor = 70);

-- What profile validation found.
CREATE TABLE intake.profile_result (
    file        bigint NOT NULL,
    profile     text   NOT NULL,
    checked     bigint NOT NULL,
    valid       bigint NOT NULL,
    not_checked bigint NOT NULL,                  -- valid, but something (a licensed value set) could not be checked
    PRIMARY KEY (file, profile)
);
CREATE TABLE intake.profile_issue (
    file    bigint NOT NULL,
    profile text   NOT NULL,
    issue   text   NOT NULL,
    count   bigint NOT NULL,
    example text   NOT NULL,                      -- Type/id
    PRIMARY KEY (file, profile, issue)
);
