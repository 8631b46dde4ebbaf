-- Which members are whose patients: lists of members for providers' organizations, every version of them with who made it and how, and which app may have which list.

create table members.provider_group (
  id           text primary key,                     -- logical id of the Group
  kind         text not null check (kind in ('ATTRIBUTED', 'MATCHED')),
  name         text not null,
  npi          text not null,                        -- of the organization
  tin          text not null default '',
  organization text not null default '',             -- Organization/id where the directory has it
  contract     text not null default '',
  list_status  text not null default 'open' check (list_status in ('draft', 'open', 'final')),
  created_at   timestamptz not null,
  changed_at   timestamptz not null                  -- of the list: meta.lastUpdated
);

-- A row is what was known from recorded_at to superseded_at: the member is the provider's patient from starts to ends. Nothing is overwritten but the two columns that end a row, and its phase.
create table members.attribution (
  id            bigint generated always as identity primary key,
  group_id      text not null references members.provider_group,
  patient       text not null,
  provider_npi  text not null default '',            -- the practitioner; '' for the organization as a whole
  coverage      text not null default '',            -- Coverage/id
  starts        timestamptz not null,
  ends          timestamptz,
  change        text not null check (change in ('add', 'change', 'drop')),
  source        text not null,                       -- roster, member-add, member-remove, provider-member-match
  recorded_at   timestamptz not null,
  recorded_by   text not null,                       -- the account or app
  superseded_at timestamptz,
  superseded_by text,
  phase         text not null check (phase in ('WAITING', 'CURRENT', 'OVER'))  -- of a row that stands: where the time between starts and ends is, as far as it was settled
);
create unique index attribution_standing on members.attribution (group_id, patient, provider_npi) where superseded_at is null;
create index attribution_patient on members.attribution (patient) where superseded_at is null;
create index attribution_begins on members.attribution (starts) where superseded_at is null and phase = 'WAITING';
create index attribution_ends on members.attribution (ends) where superseded_at is null and phase = 'CURRENT' and ends is not null;
create index attribution_history on members.attribution (group_id, recorded_at);

-- Providers in the plan's network (42 CFR 422.121(a)(1)), by NPI of the organization or the practitioner.
create table members.network_participation (
  npi    text primary key,
  starts timestamptz not null,
  ends   timestamptz,
  phase  text not null check (phase in ('WAITING', 'CURRENT', 'OVER'))
);

create table members.group_app (
  app         text not null,
  group_id    text not null references members.provider_group,
  recorded_at timestamptz not null,
  recorded_by text not null,
  ended_at    timestamptz,
  ended_by    text,
  primary key (app, group_id, recorded_at)
);
create unique index group_app_standing on members.group_app (app, group_id) where ended_at is null;
create index group_app_group on members.group_app (group_id) where ended_at is null;

-- What a provider got of whom, for the next delta (PDex Provider Access API, Group member extensions).
create table members.transmission (
  group_id  text not null,
  patient   text not null,
  sent_at   timestamptz not null,
  resources text not null,
  filters   text not null,
  primary key (group_id, patient)
);
