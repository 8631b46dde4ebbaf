-- Which run of its work an export belongs to: a later one takes it from an earlier one that lost its lease and does not know yet.

ALTER TABLE bulk_data.export ADD COLUMN runner text;
