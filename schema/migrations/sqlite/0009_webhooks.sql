-- What is told to programs outside, in the order in which it happened: one row for each receiver and event.
CREATE TABLE webhooks (
    target TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    happened_at INTEGER NOT NULL,
    -- When it was last ordered: from here on counts after how long it is given up.
    ordered_at INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    last_error TEXT,
    done_at INTEGER,
    given_up_at INTEGER,
    -- How many were given up of which the receiver is told with this one.
    dropped INTEGER NOT NULL,
    PRIMARY KEY (target, incarnation, seq)
) STRICT;
CREATE INDEX webhooks_waiting ON webhooks (target, incarnation, seq) WHERE done_at IS NULL AND given_up_at IS NULL;
CREATE INDEX webhooks_by_time ON webhooks (happened_at);
CREATE INDEX webhooks_dropped ON webhooks (target) WHERE given_up_at IS NOT NULL AND done_at IS NULL;
