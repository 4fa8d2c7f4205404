-- Who was there: what the rooms told, the stretches of time made of it, and the roll.

CREATE TABLE room_events (
    incarnation TEXT NOT NULL,
    seq INTEGER NOT NULL,
    session_id BLOB NOT NULL REFERENCES sessions (id),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    identity TEXT,
    sid TEXT,
    source TEXT,
    muted INTEGER,
    reason TEXT,
    PRIMARY KEY (incarnation, seq)
) STRICT;
CREATE INDEX room_events_by_session ON room_events (session_id, at);

CREATE TABLE intervals (
    id BLOB PRIMARY KEY NOT NULL,
    session_id BLOB NOT NULL REFERENCES sessions (id),
    identity TEXT NOT NULL,
    endpoint_id BLOB REFERENCES endpoints (id),
    incarnation TEXT NOT NULL,
    sid TEXT NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER,
    last_seen_at INTEGER NOT NULL,
    reason TEXT,
    muted INTEGER,
    camera INTEGER,
    CHECK (to_at IS NULL OR to_at >= from_at)
) STRICT;
CREATE INDEX intervals_by_session ON intervals (session_id, identity, from_at);
CREATE INDEX intervals_open ON intervals (session_id) WHERE to_at IS NULL;

CREATE TABLE interval_gaps (
    interval_id BLOB NOT NULL REFERENCES intervals (id),
    from_at INTEGER NOT NULL,
    to_at INTEGER,
    PRIMARY KEY (interval_id, from_at)
) STRICT;

CREATE TABLE delegates (
    id BLOB PRIMARY KEY NOT NULL,
    session_id BLOB NOT NULL REFERENCES sessions (id),
    roster_id BLOB NOT NULL REFERENCES roster (id),
    place INTEGER NOT NULL,
    person_id BLOB REFERENCES people (id),
    full_name TEXT NOT NULL,
    title TEXT NOT NULL,
    substitute_for TEXT,
    consented INTEGER,
    withdrawn INTEGER NOT NULL
) STRICT;
CREATE INDEX delegates_by_session ON delegates (session_id, roster_id, place);

-- Append-only: a correction is a row with the next revision.
CREATE TABLE rollcall_marks (
    delegate_id BLOB NOT NULL REFERENCES delegates (id),
    revision INTEGER NOT NULL,
    presence TEXT NOT NULL,
    late INTEGER NOT NULL,
    left_early INTEGER NOT NULL,
    note TEXT,
    marked_by_id BLOB,
    marked_by TEXT NOT NULL,
    marked_at INTEGER NOT NULL,
    PRIMARY KEY (delegate_id, revision)
) STRICT;
