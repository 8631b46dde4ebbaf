-- Which Provenance resources an export was asked for beside its types (includeAssociatedData): UNASKED, LATEST, RELEVANT.

ALTER TABLE bulk_data.export ADD COLUMN provenance text NOT NULL DEFAULT 'UNASKED';
