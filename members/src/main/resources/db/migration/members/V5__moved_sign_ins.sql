-- Whether the merged member's sign-ins act for the survivor while the merge stands, as staff confirmed it.
alter table members.merge add column sign_ins_moved boolean not null default false;
