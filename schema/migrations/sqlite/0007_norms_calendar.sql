-- What a province adds to the facts that come with the program: norms, named days, working hours.

CREATE TABLE norms (
    id BLOB PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    value_dong INTEGER NOT NULL CHECK (value_dong >= 0),
    zone TEXT,
    legal_basis TEXT NOT NULL,
    effective_from TEXT NOT NULL,
    effective_to TEXT,
    confirmed INTEGER NOT NULL,
    added_at INTEGER NOT NULL,
    CHECK (effective_to IS NULL OR effective_to >= effective_from)
) STRICT;
CREATE INDEX norms_by_kind ON norms (kind, effective_from);

CREATE TABLE calendar_days (
    date TEXT PRIMARY KEY NOT NULL,
    working INTEGER NOT NULL,
    name_vi TEXT NOT NULL,
    name_en TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    confirmed INTEGER NOT NULL
) STRICT;

CREATE TABLE working_hours (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    season_from TEXT,
    season_to TEXT,
    am_start_minute INTEGER NOT NULL,
    am_end_minute INTEGER NOT NULL,
    pm_start_minute INTEGER NOT NULL,
    pm_end_minute INTEGER NOT NULL,
    legal_basis TEXT NOT NULL,
    confirmed INTEGER NOT NULL,
    CHECK (0 <= am_start_minute AND am_start_minute < am_end_minute AND am_end_minute <= pm_start_minute
           AND pm_start_minute < pm_end_minute AND pm_end_minute <= 1440),
    CHECK ((season_from IS NULL) = (season_to IS NULL))
) STRICT;
