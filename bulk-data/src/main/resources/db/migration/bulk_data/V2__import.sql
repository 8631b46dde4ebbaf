-- Imports: what a client asked to be fetched and loaded. The files are loaded by a run of intake, which has the reports and the quarantine.

CREATE TABLE bulk_data.import (
    id          text        PRIMARY KEY,
    base        text        NOT NULL,
    base_url    text        NOT NULL,
    app         text        NOT NULL,   -- who may poll
    person      text,
    grant_id    text        NOT NULL,
    scopes      text[]      NOT NULL,   -- the grant is made anew of these
    consents    text[]      NOT NULL,
    request_url text        NOT NULL,
    types       text[]      NOT NULL,   -- one for each file, as the manifest says
    urls        text[]      NOT NULL,
    state       text        NOT NULL,   -- RUNNING, COMPLETE, FAILED
    run         bigint,                 -- of intake; null until the files are here
    created     timestamptz NOT NULL DEFAULT now(),
    finished    timestamptz,
    expires     timestamptz,
    failure     text                    -- for the client, without data
);
CREATE INDEX import_app ON bulk_data.import (app, state);
CREATE INDEX import_expires ON bulk_data.import (expires);
