-- What was sent is kept by app: two apps of one organization each get what changed since something was sent to them, and what one fetched is not lost to the other.
-- And what was left out beside types and filters: fields, or what scopes with conditions do not reach. A start says that what was older was left out.
alter table members.transmission add column app text not null default '';
alter table members.transmission add column narrowed text not null default '';
alter table members.transmission drop constraint transmission_pkey;
-- Of a list that several apps had nobody can tell to which it was sent: the next delta gives each of them everything.
delete from members.transmission t where (select count(distinct a.app) from members.group_app a where a.group_id = t.group_id) <> 1;
update members.transmission t set app = (select min(a.app) from members.group_app a where a.group_id = t.group_id);
alter table members.transmission alter column app drop default;
alter table members.transmission add primary key (group_id, app, patient);
