-- Apps that a trust community vouches for: within one, the URI in the certificate names the app for good (UDAP Security 2.0, section 3.4).

create table identity.udap_client (
  community     text not null,
  uri           text not null,
  client_id     text not null unique references identity.app (client_id),
  registered_at timestamptz not null,
  primary key (community, uri)
);
