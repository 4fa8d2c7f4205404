-- What the house keeps about itself: settings with their legal basis, the audit chain, effects still to leave the house.

CREATE TABLE settings (
    name TEXT NOT NULL,
    effective_from TEXT NOT NULL,
    value INTEGER NOT NULL,
    legal_basis TEXT NOT NULL,
    confirmed INTEGER NOT NULL,
    PRIMARY KEY (name, effective_from)
) STRICT;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY NOT NULL,
    id BLOB NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    actor_id BLOB,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT,
    detail TEXT NOT NULL,
    search_key TEXT NOT NULL,
    previous_hash BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (at);

-- One row: the end of the chain. Its lock makes writers of the chain queue up.
CREATE TABLE audit_head (
    singleton INTEGER PRIMARY KEY NOT NULL CHECK (singleton = 1),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE TABLE outbox (
    id BLOB PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    last_error TEXT,
    done_at INTEGER
) STRICT;
CREATE INDEX outbox_by_due ON outbox (not_before) WHERE done_at IS NULL;
