-- What the plan tells members about the sharing of their data, in which language, and what became of each message.

create table members.notice (
  id         text primary key,
  patient    text not null,
  kind       text not null check (kind in ('PROVIDER_ACCESS', 'PAYER_TO_PAYER', 'DECISION')),
  about      text not null,                          -- of an education notice the year; of a confirmation the decision and its version: one message about each
  language   text not null,                          -- in which it is written
  wanted     text not null,                          -- which the member wants; another one if there is no text in it
  subject    text not null,
  body       text not null,
  state      text not null check (state in ('WAITING', 'HANDED_OVER', 'DELIVERED', 'FAILED')),
  created_at timestamptz not null,
  unique (patient, kind, about)
);
create index notice_waiting on members.notice (created_at, id) where state in ('WAITING', 'FAILED');

-- The delivery log: only ever added to.
create table members.notice_event (
  seq       bigint generated always as identity primary key,
  notice    text not null references members.notice,
  at        timestamptz not null,
  state     text not null,
  channel   text not null,                           -- portal, mail, e-mail, ...; '' where it was only made
  detail    text not null,
  by        text not null                            -- the account, or portolan
);
create index notice_event_notice on members.notice_event (notice, seq);
