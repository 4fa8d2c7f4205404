-- Who may sign in, what for, and from which browsers they are signed in now.

CREATE TABLE accounts (
    id UUID PRIMARY KEY NOT NULL,
    username TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    unit_id UUID REFERENCES units (id),
    endpoint_id UUID REFERENCES endpoints (id),
    failed_attempts BIGINT NOT NULL,
    locked_until BIGINT,
    disabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    last_login_at BIGINT,
    search_key TEXT NOT NULL,
    sort_key BYTEA NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX accounts_by_name ON accounts (sort_key, id);

-- unit_id NULL: the whole province.
CREATE TABLE grants (
    account_id UUID NOT NULL REFERENCES accounts (id),
    role TEXT NOT NULL,
    unit_id UUID REFERENCES units (id)
);
CREATE INDEX grants_by_account ON grants (account_id);

CREATE TABLE logins (
    id UUID PRIMARY KEY NOT NULL,
    account_id UUID NOT NULL REFERENCES accounts (id),
    token_hash BYTEA NOT NULL UNIQUE,
    csrf_token TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX logins_by_account ON logins (account_id);
CREATE INDEX logins_by_expiry ON logins (expires_at);
