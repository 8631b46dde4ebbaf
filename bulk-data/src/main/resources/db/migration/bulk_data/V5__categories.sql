-- Which kinds of data a file holds, as the audit trail names them: whoever fetches it got these (AUD-02).
ALTER TABLE bulk_data.file ADD COLUMN categories text[] NOT NULL DEFAULT '{}';
