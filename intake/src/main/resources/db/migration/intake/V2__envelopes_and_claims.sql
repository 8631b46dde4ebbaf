-- Formats whose files are envelopes that are numbered and acknowledged, and claims whose parts arrive apart (X12). docs/x12.md.

-- What a file was acknowledged with.
CREATE TABLE intake.acknowledgement (
    file   bigint PRIMARY KEY,
    report jsonb NOT NULL,
    answer text  NOT NULL                          -- in the format's own form: TA1 and 999
);

-- Numbered envelopes, so that one that comes again is known. One that was refused for itself may come again.
CREATE TABLE intake.envelope (
    file     bigint  NOT NULL,
    position integer NOT NULL,
    key      text    NOT NULL,                     -- sender, receiver and number
    accepted boolean NOT NULL,
    PRIMARY KEY (file, position)
);
CREATE INDEX envelope_key ON intake.envelope (key) WHERE accepted;

-- What is known of a claim: what was submitted (837) and what was decided (835), in whatever order they arrived. The claim's ExplanationOfBenefits are made of all of it, each time that something is added.
CREATE TABLE intake.claim_part (
    feed     text   NOT NULL,
    claim    text   COLLATE "C" NOT NULL,          -- of the billing provider and its number for the patient's claim
    kind     text   NOT NULL CHECK (kind IN ('submission', 'payment')),
    document text   COLLATE "C" NOT NULL,          -- which of its kind: the same one again replaces it
    sequence text   COLLATE "C" NOT NULL,          -- the order of their making, which is not that of arrival
    control  text   COLLATE "C",                   -- of a payment the payer's number of the claim, of a submission the number that it replaces or voids
    file     bigint NOT NULL,
    line     bigint NOT NULL,
    arrived  timestamptz NOT NULL DEFAULT now(),
    raw      bytea  NOT NULL,                      -- zstd
    PRIMARY KEY (feed, claim, kind, document)
);
CREATE INDEX claim_part_control ON intake.claim_part (feed, control);

-- Claims that lack a part.
CREATE TABLE intake.claim_waiting (
    feed  text NOT NULL,
    claim text COLLATE "C" NOT NULL,
    lacks text NOT NULL CHECK (lacks IN ('claim', 'remittance')),
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (feed, claim)
);
