-- A developer's e-mail address is confirmed by a link; only the hash of what the link carries is kept.
alter table identity.account add column verification_hash bytea unique;

-- Which reminders of an app went out, so that each goes out once.
create table identity.app_reminder (
  client_id text not null references identity.app (client_id) on delete cascade,
  about     text not null,
  due       date not null,
  days      int not null,
  sent_at   timestamptz not null default now(),
  primary key (client_id, about, due, days)
);
