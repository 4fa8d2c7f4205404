-- Sổ chi phí tiết kiệm. A settlement is never changed: a correction of the roll makes the next revision.

CREATE TABLE ledgers (
    session_id BLOB NOT NULL REFERENCES sessions (id),
    revision INTEGER NOT NULL,
    settled_at INTEGER NOT NULL,
    formula_version INTEGER NOT NULL,
    -- The norms and settings that were in force, as JSON: what a later revision is reckoned by.
    terms TEXT NOT NULL,
    low_dong INTEGER NOT NULL,
    high_dong INTEGER NOT NULL,
    gross_dong INTEGER NOT NULL,
    costs_dong INTEGER NOT NULL,
    net_dong INTEGER NOT NULL,
    person_minutes_saved INTEGER NOT NULL,
    co2_grams INTEGER NOT NULL,
    PRIMARY KEY (session_id, revision)
) STRICT;

CREATE TABLE ledger_rows (
    id BLOB PRIMARY KEY NOT NULL,
    session_id BLOB NOT NULL,
    revision INTEGER NOT NULL,
    place INTEGER NOT NULL,
    roster_id BLOB NOT NULL REFERENCES roster (id),
    delegate_id BLOB NOT NULL REFERENCES delegates (id),
    full_name TEXT NOT NULL,
    title TEXT NOT NULL,
    trip_days INTEGER NOT NULL,
    nights INTEGER NOT NULL,
    allowance_dong INTEGER NOT NULL,
    lodging_dong INTEGER NOT NULL,
    transport_dong INTEGER NOT NULL,
    refreshments_dong INTEGER NOT NULL,
    total_dong INTEGER NOT NULL,
    low_dong INTEGER NOT NULL,
    high_dong INTEGER NOT NULL,
    minutes_saved INTEGER NOT NULL,
    excluded TEXT,
    allowance_norm_id BLOB,
    lodging_norm_id BLOB,
    petrol_norm_id BLOB,
    refreshments_norm_id BLOB,
    petrol_price_dong INTEGER NOT NULL,
    formula_version INTEGER NOT NULL,
    FOREIGN KEY (session_id, revision) REFERENCES ledgers (session_id, revision)
) STRICT;
CREATE INDEX ledger_rows_by_session ON ledger_rows (session_id, revision, place);

-- The latest settlement of each endpoint of each session that was held: what reports add up.
CREATE TABLE endpoint_totals (
    session_id BLOB NOT NULL REFERENCES sessions (id),
    roster_id BLOB NOT NULL REFERENCES roster (id),
    unit_id BLOB NOT NULL REFERENCES units (id),
    held_on TEXT NOT NULL,
    kind TEXT NOT NULL,
    role TEXT NOT NULL,
    online INTEGER NOT NULL,
    joined INTEGER NOT NULL,
    late INTEGER NOT NULL,
    connected_ms INTEGER NOT NULL,
    gap_ms INTEGER NOT NULL,
    delegates_named INTEGER NOT NULL,
    delegates_present INTEGER NOT NULL,
    substitutes INTEGER NOT NULL,
    low_dong INTEGER NOT NULL,
    high_dong INTEGER NOT NULL,
    gross_dong INTEGER NOT NULL,
    costs_dong INTEGER NOT NULL,
    net_dong INTEGER NOT NULL,
    person_minutes_saved INTEGER NOT NULL,
    co2_grams INTEGER NOT NULL,
    PRIMARY KEY (session_id, roster_id)
) STRICT;
CREATE INDEX endpoint_totals_by_date ON endpoint_totals (held_on);
CREATE INDEX endpoint_totals_by_unit ON endpoint_totals (unit_id, held_on);
