-- What this database is for, once it was served: a sandbox's accounts, apps and tokens must not become a production's, nor a sandbox make accounts and a token over members' records.
create table identity.environment (
  single boolean primary key default true check (single),
  name   text not null check (name in ('SANDBOX', 'PRODUCTION')),
  since  timestamptz not null default now()
);
