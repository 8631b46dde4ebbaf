-- Binaries that were written before documents took labels on: gone through once, at the next start. A database without members has none.
INSERT INTO store.setting (name, value) SELECT 'documents-before-labels', ''::bytea WHERE EXISTS (SELECT FROM store.member);
