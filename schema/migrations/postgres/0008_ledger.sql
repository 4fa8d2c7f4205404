-- Sổ chi phí tiết kiệm. A settlement is never changed: a correction of the roll makes the next revision.

CREATE TABLE ledgers (
    session_id UUID NOT NULL REFERENCES sessions (id),
    revision BIGINT NOT NULL,
    settled_at BIGINT NOT NULL,
    formula_version BIGINT NOT NULL,
    -- The norms and settings that were in force, as JSON: what a later revision is reckoned by.
    terms TEXT NOT NULL,
    low_dong BIGINT NOT NULL,
    high_dong BIGINT NOT NULL,
    gross_dong BIGINT NOT NULL,
    costs_dong BIGINT NOT NULL,
    net_dong BIGINT NOT NULL,
    person_minutes_saved BIGINT NOT NULL,
    co2_grams BIGINT NOT NULL,
    PRIMARY KEY (session_id, revision)
);

CREATE TABLE ledger_rows (
    id UUID PRIMARY KEY NOT NULL,
    session_id UUID NOT NULL,
    revision BIGINT NOT NULL,
    place BIGINT NOT NULL,
    roster_id UUID NOT NULL REFERENCES roster (id),
    delegate_id UUID NOT NULL REFERENCES delegates (id),
    full_name TEXT NOT NULL,
    title TEXT NOT NULL,
    trip_days BIGINT NOT NULL,
    nights BIGINT NOT NULL,
    allowance_dong BIGINT NOT NULL,
    lodging_dong BIGINT NOT NULL,
    transport_dong BIGINT NOT NULL,
    refreshments_dong BIGINT NOT NULL,
    total_dong BIGINT NOT NULL,
    low_dong BIGINT NOT NULL,
    high_dong BIGINT NOT NULL,
    minutes_saved BIGINT NOT NULL,
    excluded TEXT,
    allowance_norm_id UUID,
    lodging_norm_id UUID,
    petrol_norm_id UUID,
    refreshments_norm_id UUID,
    petrol_price_dong BIGINT NOT NULL,
    formula_version BIGINT NOT NULL,
    FOREIGN KEY (session_id, revision) REFERENCES ledgers (session_id, revision)
);
CREATE INDEX ledger_rows_by_session ON ledger_rows (session_id, revision, place);

-- The latest settlement of each endpoint of each session that was held: what reports add up.
CREATE TABLE endpoint_totals (
    session_id UUID NOT NULL REFERENCES sessions (id),
    roster_id UUID NOT NULL REFERENCES roster (id),
    unit_id UUID NOT NULL REFERENCES units (id),
    held_on TEXT NOT NULL,
    kind TEXT NOT NULL,
    role TEXT NOT NULL,
    online BOOLEAN NOT NULL,
    joined BOOLEAN NOT NULL,
    late BOOLEAN NOT NULL,
    connected_ms BIGINT NOT NULL,
    gap_ms BIGINT NOT NULL,
    delegates_named BIGINT NOT NULL,
    delegates_present BIGINT NOT NULL,
    substitutes BIGINT NOT NULL,
    low_dong BIGINT NOT NULL,
    high_dong BIGINT NOT NULL,
    gross_dong BIGINT NOT NULL,
    costs_dong BIGINT NOT NULL,
    net_dong BIGINT NOT NULL,
    person_minutes_saved BIGINT NOT NULL,
    co2_grams BIGINT NOT NULL,
    PRIMARY KEY (session_id, roster_id)
);
CREATE INDEX endpoint_totals_by_date ON endpoint_totals (held_on);
CREATE INDEX endpoint_totals_by_unit ON endpoint_totals (unit_id, held_on);
