-- Who was there: what the rooms told, the stretches of time made of it, and the roll.

CREATE TABLE room_events (
    incarnation TEXT NOT NULL,
    seq BIGINT NOT NULL,
    session_id UUID NOT NULL REFERENCES sessions (id),
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    identity TEXT,
    sid TEXT,
    source TEXT,
    muted BOOLEAN,
    reason TEXT,
    PRIMARY KEY (incarnation, seq)
);
CREATE INDEX room_events_by_session ON room_events (session_id, at);

CREATE TABLE intervals (
    id UUID PRIMARY KEY NOT NULL,
    session_id UUID NOT NULL REFERENCES sessions (id),
    identity TEXT NOT NULL,
    endpoint_id UUID REFERENCES endpoints (id),
    incarnation TEXT NOT NULL,
    sid TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT,
    last_seen_at BIGINT NOT NULL,
    reason TEXT,
    muted BOOLEAN,
    camera BOOLEAN,
    CHECK (to_at IS NULL OR to_at >= from_at)
);
CREATE INDEX intervals_by_session ON intervals (session_id, identity, from_at);
CREATE INDEX intervals_open ON intervals (session_id) WHERE to_at IS NULL;

CREATE TABLE interval_gaps (
    interval_id UUID NOT NULL REFERENCES intervals (id),
    from_at BIGINT NOT NULL,
    to_at BIGINT,
    PRIMARY KEY (interval_id, from_at)
);

CREATE TABLE delegates (
    id UUID PRIMARY KEY NOT NULL,
    session_id UUID NOT NULL REFERENCES sessions (id),
    roster_id UUID NOT NULL REFERENCES roster (id),
    place BIGINT NOT NULL,
    person_id UUID REFERENCES people (id),
    full_name TEXT NOT NULL,
    title TEXT NOT NULL,
    substitute_for TEXT,
    consented BOOLEAN,
    withdrawn BOOLEAN NOT NULL
);
CREATE INDEX delegates_by_session ON delegates (session_id, roster_id, place);

-- Append-only: a correction is a row with the next revision.
CREATE TABLE rollcall_marks (
    delegate_id UUID NOT NULL REFERENCES delegates (id),
    revision BIGINT NOT NULL,
    presence TEXT NOT NULL,
    late BOOLEAN NOT NULL,
    left_early BOOLEAN NOT NULL,
    note TEXT,
    marked_by_id UUID,
    marked_by TEXT NOT NULL,
    marked_at BIGINT NOT NULL,
    PRIMARY KEY (delegate_id, revision)
);
