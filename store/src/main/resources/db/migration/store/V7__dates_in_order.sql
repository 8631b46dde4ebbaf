-- The end of the main date beside the order of rows: a search for what is as late as a date or later then passes over earlier rows in the index, without a look at the row itself.
CREATE INDEX resource_member_place ON store.resource (member, type, rid, date_high) INCLUDE (deleted);
DROP INDEX store.resource_member_order;
ALTER INDEX store.resource_member_place RENAME TO resource_member_order;
