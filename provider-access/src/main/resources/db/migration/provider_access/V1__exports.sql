-- What providers asked for in bulk, and how long it took: for the plan's report (42 CFR 422.121(a)) and for deltas. The export itself is bulk-data's.

create table provider_access.export (
  id           text primary key,
  group_id     text not null,
  app          text not null,
  kind         text not null,               -- $export, provider-download, provider-delta, provider-snapshot
  started_at   timestamptz not null,
  completed_at timestamptz,
  members      int
);
create index export_started on provider_access.export (started_at);
