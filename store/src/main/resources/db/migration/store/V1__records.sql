-- The members' records. Layout and its reasons: docs/architecture.md, "Storage".
-- No foreign keys and the member in every key that counts: the same tables can be partitioned or distributed by member.

CREATE SCHEMA IF NOT EXISTS store;

-- One row: facts of this database that every node must share (hash key, cursor key, definitions' fingerprint).
CREATE TABLE store.setting (
    name  text  PRIMARY KEY,
    value bytea NOT NULL
);

-- Small stable numbers for names that stand in every row. Rows are added, never changed.
CREATE TABLE store.resource_type (
    number smallint PRIMARY KEY,
    name   text     NOT NULL UNIQUE
);
CREATE TABLE store.parameter (
    number smallint PRIMARY KEY,
    code   text     NOT NULL UNIQUE
);

-- A member is known by the logical id of its Patient, whether that Patient has arrived yet or not. 0 is nobody.
CREATE TABLE store.member (
    key        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id text COLLATE "C" NOT NULL UNIQUE
);

CREATE SEQUENCE store.resource_rid INCREMENT BY 1 CACHE 1;

-- The present state of every resource that was ever there; a deleted one stays as a tombstone without content.
CREATE TABLE store.resource (
    rid         bigint   NOT NULL,             -- never changes while the resource lives: the order of pages
    member      bigint   NOT NULL,             -- 0: belongs to no member
    type        smallint NOT NULL,
    self        bigint   NOT NULL,             -- keyed hash of Type/id
    id          text COLLATE "C" NOT NULL,
    version     integer  NOT NULL,
    updated     bigint   NOT NULL,             -- milliseconds since 1970 UTC
    deleted     boolean  NOT NULL,
    date_low    bigint   NOT NULL,             -- the type's main date; sentinel if there is none
    date_high   bigint   NOT NULL,
    parameters  smallint[] NOT NULL,           -- parameters that have a value, sorted (:missing)
    tokens      bigint[] NOT NULL,             -- keyed hashes of token, uri and exact string values
    refs        bigint[] NOT NULL,             -- hash(Type/id) XOR hash(parameter): joins with self
    dates       bigint[] NOT NULL,             -- triples (parameter, low, high) of the other dates
    text_parameters smallint[] NOT NULL,       -- beside texts: whose value it is
    texts       text[]   NOT NULL,             -- normalized strings
    content     bytea                          -- first byte: encoding or dictionary; null for a tombstone
) WITH (fillfactor = 80);
ALTER TABLE store.resource ALTER COLUMN content SET STORAGE EXTERNAL;  -- compressed already

CREATE UNIQUE INDEX resource_self ON store.resource (self);
CREATE INDEX resource_member_order ON store.resource (member, type, rid);
CREATE INDEX resource_member_date ON store.resource (member, type, date_low, rid);
CREATE INDEX resource_updated ON store.resource (updated, rid);

-- Past versions. The row is the old resource row's, its content as it was compressed.
CREATE TABLE store.history (
    rid     bigint   NOT NULL,
    version integer  NOT NULL,
    member  bigint   NOT NULL,
    type    smallint NOT NULL,
    self    bigint   NOT NULL,
    id      text COLLATE "C" NOT NULL,
    updated bigint   NOT NULL,
    deleted boolean  NOT NULL,
    content bytea,
    PRIMARY KEY (self, version)
);
ALTER TABLE store.history ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX history_updated ON store.history (updated, rid, version);

-- What must be found without a member: identifiers, names, and everything about shared resources. Keyed by value.
CREATE TABLE store.value_token (
    hash   bigint NOT NULL,                    -- the same hashes as in tokens and refs
    member bigint NOT NULL,
    rid    bigint NOT NULL
);
CREATE INDEX value_token_hash ON store.value_token (hash, member, rid);
CREATE INDEX value_token_rid ON store.value_token (rid);

CREATE TABLE store.value_text (
    type      smallint NOT NULL,
    parameter smallint NOT NULL,
    value     text COLLATE "C" NOT NULL,       -- normalized
    member    bigint NOT NULL,
    rid       bigint NOT NULL
);
CREATE INDEX value_text_value ON store.value_text (type, parameter, value, member, rid);
CREATE INDEX value_text_rid ON store.value_text (rid);

-- Compression dictionaries, one or more for each type over time. Kept for ever: old rows need them.
CREATE TABLE store.dictionary (
    number smallint PRIMARY KEY,               -- the content's first byte
    type   smallint NOT NULL,
    bytes  bytea    NOT NULL,
    since  timestamptz NOT NULL DEFAULT now()
);
