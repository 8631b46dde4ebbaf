-- Two Patients of one person: which pairs may be, what staff said of them, and which of them are one record now.

-- What Patients are compared by. Hashes of what their records say, so that no demographics stand beside the records.
create table members.match_key (
  key     bytea not null,
  patient text  not null,
  primary key (key, patient)
);
create index match_key_patient on members.match_key (patient);
-- One row: up to which instant Patients were read.
create table members.match_progress (
  only_row boolean primary key default true check (only_row),
  until    timestamptz not null
);

create table members.duplicate (
  first      text not null,
  second     text not null,
  grade      text not null check (grade in ('STRONG', 'POSSIBLE')),
  reasons    text[] not null,
  state      text not null check (state in ('OPEN', 'WITHDRAWN', 'DISMISSED', 'MERGED')),
  found_at   timestamptz not null,
  decided_at timestamptz,
  decided_by text,                                   -- the account
  note       text,
  primary key (first, second),
  check (first < second)
);
create index duplicate_open on members.duplicate (grade desc, found_at) where state = 'OPEN';

create table members.merge (
  id          bigint generated always as identity primary key,
  survivor    text not null,
  merged      text not null,
  merged_at   timestamptz not null,
  merged_by   text not null,                         -- the account
  reason      text not null,
  resources   int not null default 0,                -- that went into the survivor's record
  undone_at   timestamptz,
  undone_by   text,
  undo_reason text
);
create unique index merge_standing on members.merge (merged) where undone_at is null;
create index merge_survivor on members.merge (survivor) where undone_at is null;
