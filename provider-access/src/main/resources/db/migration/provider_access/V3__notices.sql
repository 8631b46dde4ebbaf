-- Members who are to be told of Provider Access by letter, and who was (42 CFR 422.121(a)(4)(ii)): before the API opens, within a week of enrolling, once a year. A member has one open notice at most.

create table provider_access.notice_batch (
  id            bigint generated always as identity primary key,
  made_at       timestamptz not null,
  made_by       text not null,              -- the account
  due_by        date not null,              -- what was due up to this day
  members       int not null,
  taken_back_at timestamptz,
  taken_back_by text
);

create table provider_access.notice (
  id          bigint generated always as identity primary key,
  patient     text not null,
  reason      text not null check (reason in ('START', 'ENROLMENT', 'YEARLY')),
  cover_start date not null,                -- when the cover began that it is about
  due         date not null,                -- the last day on which it is in time
  batch       bigint references provider_access.notice_batch, -- null: not handed over yet
  handed_over date
);
create unique index notice_open on provider_access.notice (patient) where batch is null;
create index notice_due on provider_access.notice (due, id) where batch is null;
create index notice_patient on provider_access.notice (patient, handed_over);
create index notice_batch_notices on provider_access.notice (batch, id) where batch is not null;
