-- What the house keeps about itself: settings with their legal basis, the audit chain, effects still to leave the house.

CREATE TABLE settings (
    name TEXT NOT NULL,
    effective_from TEXT NOT NULL,
    value BIGINT NOT NULL,
    legal_basis TEXT NOT NULL,
    confirmed BOOLEAN NOT NULL,
    PRIMARY KEY (name, effective_from)
);

CREATE TABLE audit (
    seq BIGINT PRIMARY KEY NOT NULL,
    id UUID NOT NULL UNIQUE,
    at BIGINT NOT NULL,
    actor_id UUID,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT,
    detail TEXT NOT NULL,
    search_key TEXT NOT NULL,
    previous_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL
);
CREATE INDEX audit_by_time ON audit (at);

-- One row: the end of the chain. Its lock makes writers of the chain queue up.
CREATE TABLE audit_head (
    singleton BIGINT PRIMARY KEY NOT NULL CHECK (singleton = 1),
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL
);

CREATE TABLE outbox (
    id UUID PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    last_error TEXT,
    done_at BIGINT
);
CREATE INDEX outbox_by_due ON outbox (not_before) WHERE done_at IS NULL;
