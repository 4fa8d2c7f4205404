-- Sessions: what is booked, for whom, and what was done with it.

CREATE TABLE sessions (
    id BLOB PRIMARY KEY NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    urgency TEXT NOT NULL,
    urgency_reason TEXT,
    mode TEXT NOT NULL,
    state TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    held_on TEXT NOT NULL,
    host_endpoint_id BLOB NOT NULL REFERENCES endpoints (id),
    chair_id BLOB REFERENCES people (id),
    content TEXT NOT NULL,
    requirements TEXT NOT NULL,
    contact TEXT NOT NULL,
    reason TEXT,
    announced_at INTEGER,
    notice_due INTEGER NOT NULL,
    notice_kept INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    sample INTEGER NOT NULL,
    created_by BLOB REFERENCES accounts (id),
    created_at INTEGER NOT NULL,
    search_key TEXT NOT NULL,
    version INTEGER NOT NULL,
    CHECK (starts_at < ends_at AND ends_at - starts_at <= 259200000)
) STRICT;
CREATE INDEX sessions_by_start ON sessions (starts_at, id);
CREATE INDEX sessions_by_date ON sessions (held_on);
CREATE INDEX sessions_by_state ON sessions (state, starts_at);

-- Thành phần: one line per endpoint, as it was named and placed when the session was scheduled.
CREATE TABLE roster (
    id BLOB PRIMARY KEY NOT NULL,
    session_id BLOB NOT NULL REFERENCES sessions (id),
    endpoint_id BLOB NOT NULL REFERENCES endpoints (id),
    endpoint_name TEXT NOT NULL,
    unit_id BLOB NOT NULL REFERENCES units (id),
    unit_name TEXT NOT NULL,
    role TEXT NOT NULL,
    zone TEXT NOT NULL,
    distance_metres INTEGER NOT NULL,
    one_way_minutes INTEGER NOT NULL,
    rsvp TEXT NOT NULL,
    sort_key BLOB NOT NULL,
    UNIQUE (session_id, endpoint_id)
) STRICT;

CREATE TABLE session_rooms (
    session_id BLOB NOT NULL REFERENCES sessions (id),
    room_id BLOB NOT NULL REFERENCES rooms (id),
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (session_id, room_id)
) STRICT;

CREATE TABLE session_people (
    session_id BLOB NOT NULL REFERENCES sessions (id),
    person_id BLOB NOT NULL REFERENCES people (id),
    place INTEGER NOT NULL,
    full_name TEXT NOT NULL,
    title TEXT NOT NULL,
    PRIMARY KEY (session_id, person_id)
) STRICT;

-- What is taken, from when to when (half-open). Rows of one thing never overlap; no row is longer than three days,
-- so a look three days back finds everything that could. Time comes first in the key: the rows of a session then lie
-- side by side, and a booking of 150 endpoints touches a handful of pages.
CREATE TABLE bookings (
    resource TEXT NOT NULL,
    resource_id BLOB NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    session_id BLOB NOT NULL REFERENCES sessions (id),
    PRIMARY KEY (starts_at, resource_id, session_id),
    CHECK (starts_at < ends_at AND ends_at - starts_at <= 259200000)
) STRICT, WITHOUT ROWID;
CREATE INDEX bookings_by_session ON bookings (session_id);

CREATE TABLE session_history (
    session_id BLOB NOT NULL REFERENCES sessions (id),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor_id BLOB,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    reason TEXT,
    PRIMARY KEY (session_id, seq)
) STRICT;

CREATE TABLE session_overrides (
    session_id BLOB NOT NULL REFERENCES sessions (id),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor_id BLOB,
    actor_name TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (session_id, seq)
) STRICT;
