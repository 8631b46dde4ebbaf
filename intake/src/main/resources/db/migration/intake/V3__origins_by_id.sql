-- Every resource that is loaded is entered here. Ids differ at once, where types are the same for most of the rows that stand together.
ALTER TABLE intake.origin DROP CONSTRAINT origin_pkey, ADD PRIMARY KEY (id, type, feed, part);
