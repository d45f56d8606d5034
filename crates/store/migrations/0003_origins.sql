-- The ledger under its names. The first origin is number 1; where a restored copy could not prove itself, a new one is
-- opened.
ALTER TABLE ledger_tree ADD COLUMN number BIGINT NOT NULL DEFAULT 1;

ALTER TABLE ledger_checkpoints ADD COLUMN number BIGINT NOT NULL DEFAULT 1;

-- Origins that were closed: each with the last checkpoint of it that the world has, and what came after it. `entry_id` is
-- the entry origin.opened of the next one.
CREATE TABLE ledger_origins (
    number BIGINT PRIMARY KEY,
    origin TEXT NOT NULL,
    vkey TEXT NOT NULL,
    note TEXT NOT NULL,
    replaced_by BIGINT NOT NULL,
    reason TEXT NOT NULL,
    entry_id BIGINT NOT NULL
);
