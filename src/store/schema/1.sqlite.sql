-- The store, version 1, in SQLite. What is appended stays: triggers refuse to change or remove it.

CREATE TABLE store_version (
    version INTEGER NOT NULL
) STRICT;

INSERT INTO store_version (version) VALUES (1);

CREATE TABLE pairs (
    id     TEXT NOT NULL PRIMARY KEY,
    name   TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL
) STRICT;

-- One chain for the whole store: each entry holds the hash of the one before.
CREATE TABLE entries (
    seq   INTEGER NOT NULL PRIMARY KEY,
    at    TEXT    NOT NULL,
    pair  TEXT    NOT NULL REFERENCES pairs (id),
    run   INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    kind  TEXT    NOT NULL,
    body  TEXT    NOT NULL,
    prev  BLOB    NOT NULL,
    hash  BLOB    NOT NULL
) STRICT;

CREATE INDEX entries_of_run ON entries (run);

-- The last entry, so that an end that was cut off is missed.
CREATE TABLE head (
    one  INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL,
    hash BLOB    NOT NULL
) STRICT;

INSERT INTO head (one, seq, hash) VALUES (1, 0, zeroblob(32));

-- Who may change the servers of a pair; the number grows with each who may. Without a holder nobody does.
CREATE TABLE locks (
    pair   TEXT    NOT NULL PRIMARY KEY REFERENCES pairs (id),
    fence  INTEGER NOT NULL,
    holder TEXT    NOT NULL,
    at     TEXT    NOT NULL
) STRICT;

-- The first key of a pair is the one in use.
CREATE TABLE digest_keys (
    pair TEXT    NOT NULL REFERENCES pairs (id),
    nr   INTEGER NOT NULL,
    id   TEXT    NOT NULL,
    key  BLOB    NOT NULL,
    PRIMARY KEY (pair, nr),
    UNIQUE (pair, id)
) STRICT;

-- The last whole snapshot of a pair for each selection of rules.
CREATE TABLE snapshots (
    pair      TEXT    NOT NULL REFERENCES pairs (id),
    selection TEXT    NOT NULL,
    run       INTEGER NOT NULL,
    document  TEXT    NOT NULL,
    PRIMARY KEY (pair, selection)
) STRICT;

CREATE TRIGGER entries_stay_as_they_are BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries of the journal are not changed'); END;

CREATE TRIGGER entries_stay BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries of the journal are not removed'); END;

CREATE TRIGGER entries_follow BEFORE INSERT ON entries
WHEN NOT EXISTS (SELECT 1 FROM head WHERE seq = NEW.seq - 1 AND hash = NEW.prev)
BEGIN SELECT RAISE(ABORT, 'an entry of the journal follows the last one'); END;

CREATE TRIGGER head_stays BEFORE DELETE ON head
BEGIN SELECT RAISE(ABORT, 'the head of the journal is not removed'); END;

CREATE TRIGGER head_goes_on BEFORE UPDATE ON head
WHEN NOT EXISTS (SELECT 1 FROM entries WHERE seq = NEW.seq AND hash = NEW.hash AND NEW.seq = OLD.seq + 1)
BEGIN SELECT RAISE(ABORT, 'the head of the journal is its last entry'); END;

CREATE TRIGGER locks_stay BEFORE DELETE ON locks
BEGIN SELECT RAISE(ABORT, 'numbers of locks are not forgotten'); END;

CREATE TRIGGER locks_grow BEFORE UPDATE ON locks WHEN NEW.fence < OLD.fence
BEGIN SELECT RAISE(ABORT, 'numbers of locks grow'); END;

CREATE TRIGGER keys_stay_as_they_are BEFORE UPDATE ON digest_keys
BEGIN SELECT RAISE(ABORT, 'keys of digests are not changed'); END;

CREATE TRIGGER keys_stay BEFORE DELETE ON digest_keys
BEGIN SELECT RAISE(ABORT, 'keys of digests are not removed'); END;
