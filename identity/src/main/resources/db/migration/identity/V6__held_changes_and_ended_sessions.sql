-- What an app in production wants to say of itself instead of what was looked at when it was let in: it waits for a decision, and the app goes on as it was. The latest wish counts.
create table identity.app_change (
  client_id     text primary key references identity.app (client_id) on delete cascade,
  wanted        jsonb not null,                      -- the whole registration, under the names of RFC 7591
  asked_at      timestamptz not null,
  asked_by      text not null,
  review_before text not null                        -- how far the app's review was, and is again if the change is refused
);

-- Whoever signed in with the password before is nobody from then on.
alter table identity.account add column password_set_at timestamptz;
