-- Times are integers of milliseconds since 1970 (UTC), digests are TEXT as in OCI, bodies are BLOB.

CREATE TABLE repositories (
    name       TEXT   NOT NULL PRIMARY KEY,
    policy     TEXT,
    created_at BIGINT NOT NULL,
    created_by TEXT   NOT NULL
);

-- An upload session. The bytes are in spool/<id>; hash_state is the SHA-256 midstate after hash_offset durable bytes.
CREATE TABLE uploads (
    id              TEXT   NOT NULL PRIMARY KEY,
    repository      TEXT   NOT NULL,
    principal       TEXT   NOT NULL,
    hash_offset     BIGINT NOT NULL DEFAULT 0,
    hash_state      BLOB,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    finished_digest TEXT
);
CREATE INDEX uploads_by_expiry ON uploads (expires_at);

-- state: live | damaged. A damaged blob is not served and not mounted until it is pushed again (generation + 1).
CREATE TABLE blobs (
    digest     TEXT   NOT NULL PRIMARY KEY,
    size       BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    generation BIGINT NOT NULL DEFAULT 1,
    state      TEXT   NOT NULL DEFAULT 'live'
);

-- Collection leaves a blob alone until then, referenced or not.
CREATE TABLE blob_leases (
    digest     TEXT   NOT NULL PRIMARY KEY REFERENCES blobs (digest),
    until_at   BIGINT NOT NULL
);

CREATE TABLE repository_blobs (
    repository TEXT   NOT NULL REFERENCES repositories (name),
    digest     TEXT   NOT NULL REFERENCES blobs (digest),
    added_at   BIGINT NOT NULL,
    PRIMARY KEY (repository, digest)
);
CREATE INDEX repository_blobs_by_digest ON repository_blobs (digest);

-- state is what was set for this digest; effective is what the gate goes by: the state of what it follows (an
-- artifact's subject), else its own. bytes stand last, so that reading a state touches no overflow page.
CREATE TABLE manifests (
    repository    TEXT   NOT NULL REFERENCES repositories (name),
    digest        TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    effective     TEXT   NOT NULL,
    state_at      BIGINT NOT NULL,
    decision      TEXT,
    follows       TEXT,
    subject       TEXT,
    media_type    TEXT   NOT NULL,
    artifact_type TEXT,
    config        TEXT,
    size          BIGINT NOT NULL,
    pushed_at     BIGINT NOT NULL,
    pushed_by     TEXT   NOT NULL,
    annotations   TEXT   NOT NULL,
    bytes         BLOB   NOT NULL,
    PRIMARY KEY (repository, digest)
);
CREATE INDEX manifests_by_subject ON manifests (repository, subject, digest) WHERE subject IS NOT NULL;
CREATE INDEX manifests_by_follows ON manifests (repository, follows) WHERE follows IS NOT NULL;

-- Configuration and layers.
CREATE TABLE manifest_blobs (
    repository TEXT   NOT NULL,
    manifest   TEXT   NOT NULL,
    position   BIGINT NOT NULL,
    digest     TEXT   NOT NULL,
    PRIMARY KEY (repository, manifest, position),
    FOREIGN KEY (repository, manifest) REFERENCES manifests (repository, digest)
);
CREATE INDEX manifest_blobs_by_digest ON manifest_blobs (repository, digest);

-- Children of an index. A child may be deleted and come back, so it is no foreign key.
CREATE TABLE manifest_children (
    repository TEXT   NOT NULL,
    parent     TEXT   NOT NULL,
    position   BIGINT NOT NULL,
    child      TEXT   NOT NULL,
    PRIMARY KEY (repository, parent, position),
    FOREIGN KEY (repository, parent) REFERENCES manifests (repository, digest)
);
CREATE INDEX manifest_children_by_child ON manifest_children (repository, child);

-- gate.md 9. served_seq never falls, not even when what was served is deleted.
CREATE TABLE tags (
    repository    TEXT   NOT NULL REFERENCES repositories (name),
    name          TEXT   NOT NULL,
    newest_seq    BIGINT NOT NULL,
    newest_digest TEXT   NOT NULL,
    served_seq    BIGINT NOT NULL DEFAULT 0,
    served_digest TEXT,
    pushed_at     BIGINT NOT NULL,
    pushed_by     TEXT   NOT NULL,
    PRIMARY KEY (repository, name)
);
CREATE INDEX tags_by_newest ON tags (repository, newest_digest);

CREATE TABLE tag_pushes (
    repository TEXT   NOT NULL,
    tag        TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    digest     TEXT   NOT NULL,
    pushed_at  BIGINT NOT NULL,
    pushed_by  TEXT   NOT NULL,
    PRIMARY KEY (repository, tag, seq),
    FOREIGN KEY (repository, tag) REFERENCES tags (repository, name)
);
CREATE INDEX tag_pushes_by_digest ON tag_pushes (repository, digest);

CREATE TABLE decisions (
    id         TEXT   NOT NULL PRIMARY KEY,
    body       TEXT   NOT NULL,
    signed_by  TEXT   NOT NULL,
    signature  TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

-- The history of each digest; it outlives the manifest, so that deleting and pushing again lifts no revocation.
CREATE TABLE state_changes (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    repository TEXT   NOT NULL,
    digest     TEXT   NOT NULL,
    previous   TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    decision   TEXT REFERENCES decisions (id),
    actor      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    at         BIGINT NOT NULL
);
CREATE INDEX state_changes_by_digest ON state_changes (repository, digest, seq);

CREATE TABLE contents (
    digest     TEXT   NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL,
    bytes      BLOB   NOT NULL
);

CREATE TABLE layer_inventories (
    layer       TEXT   NOT NULL,
    fingerprint TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    bytes       BLOB   NOT NULL,
    PRIMARY KEY (layer, fingerprint)
);

-- secret_hash is the SHA-256 of 256 random bits. token_epoch rises with every revocation; older tokens are refused.
CREATE TABLE principals (
    id          TEXT   NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    secret_hash BLOB   NOT NULL,
    token_epoch BIGINT NOT NULL DEFAULT 0,
    created_at  BIGINT NOT NULL,
    created_by  TEXT   NOT NULL,
    expires_at  BIGINT,
    disabled_at BIGINT
);

CREATE TABLE bindings (
    principal  TEXT   NOT NULL REFERENCES principals (id),
    role       TEXT   NOT NULL,
    prefix     TEXT   NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (principal, role, prefix)
);

CREATE TABLE signing_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    pkcs8      BLOB,
    public     BLOB   NOT NULL
);

-- state: pending | running | failed. pending_key is set while pending only: a second enqueue of the same work is
-- absorbed until the first is claimed.
CREATE TABLE jobs (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    payload     TEXT   NOT NULL,
    dedupe_key  TEXT   NOT NULL,
    pending_key TEXT UNIQUE,
    state       TEXT   NOT NULL,
    priority    BIGINT NOT NULL,
    run_after   BIGINT NOT NULL,
    lease_until BIGINT,
    attempts    BIGINT NOT NULL DEFAULT 0,
    last_error  TEXT,
    enqueued_at BIGINT NOT NULL
);
CREATE INDEX jobs_by_turn ON jobs (state, priority, run_after, id);

-- hash = SHA-256 over prev and every other field, each preceded by its length.
CREATE TABLE audit_log (
    seq    BIGINT NOT NULL PRIMARY KEY,
    at     BIGINT NOT NULL,
    actor  TEXT   NOT NULL,
    action TEXT   NOT NULL,
    target TEXT   NOT NULL,
    detail TEXT   NOT NULL,
    prev   TEXT   NOT NULL,
    hash   TEXT   NOT NULL
);
