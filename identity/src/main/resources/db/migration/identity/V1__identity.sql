-- Who is calling: accounts, apps, what members let apps see, tokens, keys.
-- No secret stands here in the clear: tokens, codes and client secrets are SHA-256 hashes of random values,
-- passwords are bcrypt, signing keys and one-time-password seeds are encrypted by the application.

create table identity.account (
  id               text primary key,
  username         text not null,
  kind             text not null check (kind in ('MEMBER', 'STAFF', 'DEVELOPER')),
  password_hash    text,                             -- null: signs in with the plan's own provider only
  display_name     text not null,
  email            text,
  email_verified_at timestamptz,
  organization     text,
  patient          text,                             -- the member's own Patient id
  fhir_user        text,                             -- 'Patient/1', 'Practitioner/2': relative to the FHIR base
  roles            text[] not null default '{}',
  totp_secret      bytea,
  totp_last_step   bigint,                           -- a one-time password works once (RFC 6238, 5.2)
  failed_attempts  int not null default 0,
  locked_until     timestamptz,
  enabled          boolean not null default true,
  external_issuer  text,
  external_subject text,
  created_at       timestamptz not null default now()
);
create unique index account_username on identity.account (lower(username));
create unique index account_external on identity.account (external_issuer, external_subject);

-- A person who may act for a member (45 CFR 164.502(g)).
create table identity.representation (
  account_id   text not null references identity.account (id) on delete cascade,
  patient      text not null,
  display_name text not null,
  relation     text not null,
  fhir_user    text,                                 -- the RelatedPerson that the person is to this member
  valid_until  timestamptz,
  primary key (account_id, patient)
);

create table identity.app (
  client_id        text primary key,
  name             text not null,
  kind             text not null,
  environment      text not null check (environment in ('SANDBOX', 'PRODUCTION')),
  state            text not null check (state in ('PENDING', 'ACTIVE', 'SUSPENDED', 'RETIRED')),
  auth_method      text not null,
  grant_types      text[] not null,
  scopes           text[] not null,
  redirect_uris    text[] not null default '{}',
  launch_uri       text,
  jwks_uri         text,
  jwks             jsonb,
  metadata         jsonb not null,                   -- description, links, contacts, organization, software
  attestation      jsonb not null default '{}',
  developer_id     text references identity.account (id),
  registration_token_hash bytea,
  submitted_at     timestamptz,
  review           text not null default 'NONE',
  created_at       timestamptz not null default now(),
  created_by       text not null,
  confirmed_at     timestamptz not null default now()
);
create index app_developer on identity.app (developer_id);

create table identity.app_secret (
  id         text primary key,
  client_id  text not null references identity.app (client_id) on delete cascade,
  hash       text not null,
  hint       text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index app_secret_app on identity.app_secret (client_id);

-- What happened to an app, who did it and why: only ever added to. Kept after the app is gone.
create table identity.app_event (
  seq        bigint generated always as identity primary key,
  client_id  text not null,
  at         timestamptz not null default now(),
  actor      text not null,
  action     text not null,
  from_state text,
  to_state   text,
  criterion  text,
  reason     text
);
create index app_event_app on identity.app_event (client_id, seq);

-- One authorization of an app: by a member, by staff, or the app's own (client_credentials). It is also the record of what the
-- member agreed to: its id is the consent id that the audit names.
create table identity.app_authorization (
  id              text primary key,
  client_id       text not null,
  principal       text not null,
  grant_type      text not null,
  base            text,
  patient         text,
  requested_scopes text[] not null default '{}',
  scopes          text[] not null default '{}',
  request         jsonb,
  context         jsonb not null default '{}',
  state_hash      bytea unique,
  code_hash       bytea unique,
  code_issued_at  timestamptz,
  code_expires_at timestamptz,
  code_used_at    timestamptz,
  granted_until   timestamptz,
  created_at      timestamptz not null default now(),
  granted_at      timestamptz,
  last_used_at    timestamptz,
  revoked_at      timestamptz,
  revoked_by      text,
  revoked_reason  text,
  version         int not null default 0
);
create index app_authorization_client on identity.app_authorization (client_id) where revoked_at is null;
create index app_authorization_principal on identity.app_authorization (principal, client_id);
create index app_authorization_patient on identity.app_authorization (patient, client_id);

create table identity.access_token (
  hash             bytea primary key,
  authorization_id text not null references identity.app_authorization (id) on delete cascade,
  scopes           text[] not null,
  issued_at        timestamptz not null,
  expires_at       timestamptz not null,
  revoked_at       timestamptz
);
create index access_token_authorization on identity.access_token (authorization_id, issued_at desc);
create index access_token_expiry on identity.access_token (expires_at);

-- Used refresh tokens stay until they expire, so that one used twice is noticed.
create table identity.refresh_token (
  hash             bytea primary key,
  authorization_id text not null references identity.app_authorization (id) on delete cascade,
  issued_at        timestamptz not null,
  expires_at       timestamptz not null,
  used_at          timestamptz
);
create index refresh_token_authorization on identity.refresh_token (authorization_id, issued_at desc);

create table identity.launch_context (
  hash         bytea primary key,
  client_id    text,
  created_by   text not null,
  context      jsonb not null,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz not null,
  used_at      timestamptz
);

-- A client assertion works once (SMART App Launch 2.2, Client Authentication: Asymmetric).
create table identity.assertion_used (
  issuer     text not null,
  jti        text not null,
  expires_at timestamptz not null,
  primary key (issuer, jti)
);

create table identity.signing_key (
  kid         text primary key,
  algorithm   text not null,
  private_jwk bytea not null,
  created_at  timestamptz not null default now(),
  retired_at  timestamptz
);
