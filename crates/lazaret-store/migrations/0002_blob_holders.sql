-- Which repositories hold a blob, within a range of names: answered from the index alone, and only of that range.
DROP INDEX repository_blobs_by_digest;
CREATE INDEX repository_blobs_by_digest ON repository_blobs (digest, repository);
