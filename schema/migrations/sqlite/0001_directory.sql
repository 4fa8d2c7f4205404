-- Who and what takes part: org units, endpoints, rooms, people.
-- Instants are milliseconds since the epoch, civil dates are ISO text, sort keys order by bytes.

CREATE TABLE units (
    id BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    short_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    parent_id BLOB REFERENCES units (id),
    code TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    search_key TEXT NOT NULL,
    sort_key BLOB NOT NULL,
    version INTEGER NOT NULL,
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
) STRICT;
CREATE INDEX units_by_parent ON units (parent_id);
CREATE INDEX units_by_name ON units (sort_key, id);

-- Lineage is many-to-many: one district became several communes, one commune was made of several.
CREATE TABLE unit_successors (
    predecessor_id BLOB NOT NULL REFERENCES units (id),
    successor_id BLOB NOT NULL REFERENCES units (id),
    PRIMARY KEY (predecessor_id, successor_id),
    CHECK (predecessor_id <> successor_id)
) STRICT;
CREATE INDEX unit_successors_by_successor ON unit_successors (successor_id);

CREATE TABLE endpoints (
    id BLOB PRIMARY KEY NOT NULL,
    unit_id BLOB NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    zone TEXT NOT NULL,
    distance_metres INTEGER NOT NULL CHECK (distance_metres >= 0),
    one_way_minutes INTEGER NOT NULL CHECK (one_way_minutes >= 0),
    seats INTEGER NOT NULL CHECK (seats >= 0),
    contact_phone TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    search_key TEXT NOT NULL,
    sort_key BLOB NOT NULL,
    version INTEGER NOT NULL,
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
) STRICT;
CREATE INDEX endpoints_by_unit ON endpoints (unit_id);
CREATE INDEX endpoints_by_name ON endpoints (sort_key, id);

CREATE TABLE rooms (
    id BLOB PRIMARY KEY NOT NULL,
    unit_id BLOB NOT NULL REFERENCES units (id),
    endpoint_id BLOB REFERENCES endpoints (id),
    name TEXT NOT NULL,
    seats INTEGER NOT NULL CHECK (seats >= 0),
    equipment TEXT NOT NULL,
    search_key TEXT NOT NULL,
    sort_key BLOB NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX rooms_by_unit ON rooms (unit_id);
CREATE INDEX rooms_by_name ON rooms (sort_key, id);

CREATE TABLE people (
    id BLOB PRIMARY KEY NOT NULL,
    unit_id BLOB NOT NULL REFERENCES units (id),
    full_name TEXT NOT NULL,
    title TEXT NOT NULL,
    phone TEXT,
    email TEXT,
    active INTEGER NOT NULL,
    search_key TEXT NOT NULL,
    sort_key BLOB NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX people_by_unit ON people (unit_id);
CREATE INDEX people_by_name ON people (sort_key, id);
