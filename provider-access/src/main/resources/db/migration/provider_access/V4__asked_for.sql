-- What an export asked for: a delta counts from what was sent of the same before.
alter table provider_access.export add column types text[] not null default '{}';
alter table provider_access.export add column filters text not null default '';
