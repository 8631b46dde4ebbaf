-- What members decided about their data: one row for each decision that stands, and every version of it with who made it and how.

create table members.preference (
  id           text primary key,
  patient      text not null,
  kind         text not null check (kind in ('PROVIDER_ACCESS', 'PAYER_TO_PAYER', 'SENSITIVE', 'APP')),
  app          text not null default '',             -- client id; '' where the decision is not about one app
  decision     text not null check (decision in ('PERMIT', 'DENY')),
  categories   text[] not null default '{}',         -- of a SENSITIVE decision: what is held back
  valid_until  timestamptz,                          -- of an opt-in: its end
  version      int not null,
  recorded_at  timestamptz not null,
  recorded_by  text not null,                        -- the account
  relation     text not null,                        -- self, or how that person stands to the member, or staff
  method       text not null,                        -- portal, call-centre, paper, ...
  language     text not null,
  unique (patient, kind, app)
);

create table members.preference_version (like members.preference);
alter table members.preference_version add primary key (id, version);
create index preference_version_patient on members.preference_version (patient, recorded_at);
