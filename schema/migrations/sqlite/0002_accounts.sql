-- Who may sign in, what for, and from which browsers they are signed in now.

CREATE TABLE accounts (
    id BLOB PRIMARY KEY NOT NULL,
    username TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    unit_id BLOB REFERENCES units (id),
    endpoint_id BLOB REFERENCES endpoints (id),
    failed_attempts INTEGER NOT NULL,
    locked_until INTEGER,
    disabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_login_at INTEGER,
    search_key TEXT NOT NULL,
    sort_key BLOB NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX accounts_by_name ON accounts (sort_key, id);

-- unit_id NULL: the whole province.
CREATE TABLE grants (
    account_id BLOB NOT NULL REFERENCES accounts (id),
    role TEXT NOT NULL,
    unit_id BLOB REFERENCES units (id)
) STRICT;
CREATE INDEX grants_by_account ON grants (account_id);

CREATE TABLE logins (
    id BLOB PRIMARY KEY NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts (id),
    token_hash BLOB NOT NULL UNIQUE,
    csrf_token TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    idle_expires_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX logins_by_account ON logins (account_id);
CREATE INDEX logins_by_expiry ON logins (expires_at);
