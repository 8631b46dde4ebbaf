-- How far a reindex has come: it goes over the blocks of store.resource and can go on after a restart. No row: there is none to do.
CREATE TABLE store.reindex (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    fingerprint text    NOT NULL,               -- the definitions that it brings the rows to
    next_block  bigint  NOT NULL,
    blocks      bigint  NOT NULL,               -- of the table when it began; what is written later is right already
    done        bigint  NOT NULL,               -- resources
    total       bigint  NOT NULL,
    started     timestamptz NOT NULL DEFAULT now()
);
