-- Members who were merged into another and whose sign-ins act for that one while the merge stands. Accounts, representations and what apps were let in to stay as they are and are looked at through this,
-- so that what is taken back here is as it was, for whoever signed in meanwhile for the first time too.
create table identity.moved_patient (
  merged   text primary key,                         -- the Patient id that accounts, claims and authorizations name
  survivor text not null,                            -- whom they act for
  moved_at timestamptz not null,                     -- a token that is older is what the app was told it is: the merged member's
  moved_by text not null                             -- the account of the member of staff who confirmed it
);
create index moved_patient_survivor on identity.moved_patient (survivor);
