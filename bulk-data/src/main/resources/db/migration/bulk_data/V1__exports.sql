-- Exports: what was asked for, how far it is, and which files it has. The work itself waits in jobs.work; what is here says what is left to do.

CREATE SCHEMA IF NOT EXISTS bulk_data;

CREATE TABLE bulk_data.export (
    id               text        PRIMARY KEY,
    base             text        NOT NULL,
    base_url         text        NOT NULL,
    app              text        NOT NULL,   -- who may poll and download
    person           text,
    grant_id         text        NOT NULL,
    scopes           text[]      NOT NULL,   -- the grant is made anew of these
    consents         text[]      NOT NULL,
    level            text        NOT NULL,   -- SYSTEM, PATIENT, GROUP
    group_id         text,
    request_url      text        NOT NULL,
    types            text[]      NOT NULL,
    filters          text[]      NOT NULL,   -- as asked for: Type?query
    elements         text[]      NOT NULL,
    since            bigint,                 -- milliseconds since 1970 UTC
    until            bigint,
    panel            text,                   -- whom it is for, beside what the grant reaches; null for all of those
    ignored          text[]      NOT NULL,   -- what lenient handling passed over
    state            text        NOT NULL,   -- QUEUED, RUNNING, COMPLETE, FAILED
    transaction_time bigint,
    created          timestamptz NOT NULL DEFAULT now(),
    started          timestamptz,
    finished         timestamptz,
    expires          timestamptz,
    last_polled      timestamptz,
    failure          text                    -- for the client, without data
);
CREATE INDEX export_app ON bulk_data.export (app, state);
CREATE INDEX export_expires ON bulk_data.export (expires);

-- A part is done whole or not at all: its files and this row's done are one transaction.
CREATE TABLE bulk_data.part (
    export     text    NOT NULL,
    number     integer NOT NULL,             -- 0 is what is nobody's, and comes last
    after_key  bigint  NOT NULL,
    up_to_key  bigint  NOT NULL,
    members    integer NOT NULL,
    done       boolean NOT NULL,
    referenced bytea,                        -- the shared resources that it refers to
    resources  bigint  NOT NULL DEFAULT 0,
    PRIMARY KEY (export, number)
);

CREATE TABLE bulk_data.file (
    export  text    NOT NULL,
    part    integer NOT NULL,
    name    text    NOT NULL,
    kind    text    NOT NULL,                -- OUTPUT, DELETED, ERROR
    type    text    NOT NULL,
    lines   bigint  NOT NULL,
    bytes   bigint  NOT NULL,
    members text[]  NOT NULL,                -- whose data it holds, for the audit trail
    PRIMARY KEY (export, name)
);
CREATE INDEX file_part ON bulk_data.file (export, part);
