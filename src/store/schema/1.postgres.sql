-- The store, version 1, in PostgreSQL. What is appended stays: triggers refuse to change or remove it, and whoever
-- only uses the store needs no right to do so.

CREATE TABLE store_version (
    version BIGINT NOT NULL
);

INSERT INTO store_version (version) VALUES (1);

CREATE TABLE pairs (
    id     TEXT NOT NULL PRIMARY KEY,
    name   TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL
);

-- One chain for the whole store: each entry holds the hash of the one before.
CREATE TABLE entries (
    seq   BIGINT NOT NULL PRIMARY KEY,
    at    TEXT   NOT NULL,
    pair  TEXT   NOT NULL REFERENCES pairs (id),
    run   BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    kind  TEXT   NOT NULL,
    body  TEXT   NOT NULL,
    prev  BYTEA  NOT NULL,
    hash  BYTEA  NOT NULL
);

CREATE INDEX entries_of_run ON entries (run);

-- The last entry, so that an end that was cut off is missed.
CREATE TABLE head (
    one  BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    seq  BIGINT NOT NULL,
    hash BYTEA  NOT NULL
);

INSERT INTO head (one, seq, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));

-- Who may change the servers of a pair; the number grows with each who may. Without a holder nobody does.
CREATE TABLE locks (
    pair   TEXT   NOT NULL PRIMARY KEY REFERENCES pairs (id),
    fence  BIGINT NOT NULL,
    holder TEXT   NOT NULL,
    at     TEXT   NOT NULL
);

-- The first key of a pair is the one in use.
CREATE TABLE digest_keys (
    pair TEXT   NOT NULL REFERENCES pairs (id),
    nr   BIGINT NOT NULL,
    id   TEXT   NOT NULL,
    key  BYTEA  NOT NULL,
    PRIMARY KEY (pair, nr),
    UNIQUE (pair, id)
);

-- The last whole snapshot of a pair for each selection of rules.
CREATE TABLE snapshots (
    pair      TEXT   NOT NULL REFERENCES pairs (id),
    selection TEXT   NOT NULL,
    run       BIGINT NOT NULL,
    document  TEXT   NOT NULL,
    PRIMARY KEY (pair, selection)
);

CREATE FUNCTION standin_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0];
END
$$;

CREATE FUNCTION standin_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM head WHERE seq = NEW.seq - 1 AND hash = NEW.prev) THEN
        RAISE EXCEPTION 'an entry of the journal follows the last one';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION standin_go_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq <> OLD.seq + 1
        OR NOT EXISTS (SELECT 1 FROM entries WHERE seq = NEW.seq AND hash = NEW.hash) THEN
        RAISE EXCEPTION 'the head of the journal is its last entry';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER entries_stay_as_they_are BEFORE UPDATE ON entries
    FOR EACH ROW EXECUTE FUNCTION standin_refuse('entries of the journal are not changed');
CREATE TRIGGER entries_stay BEFORE DELETE ON entries
    FOR EACH ROW EXECUTE FUNCTION standin_refuse('entries of the journal are not removed');
CREATE TRIGGER entries_stay_all BEFORE TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION standin_refuse('entries of the journal are not removed');
CREATE TRIGGER entries_follow BEFORE INSERT ON entries
    FOR EACH ROW EXECUTE FUNCTION standin_follow();
CREATE TRIGGER head_stays BEFORE DELETE ON head
    FOR EACH ROW EXECUTE FUNCTION standin_refuse('the head of the journal is not removed');
CREATE TRIGGER head_stays_all BEFORE TRUNCATE ON head
    FOR EACH STATEMENT EXECUTE FUNCTION standin_refuse('the head of the journal is not removed');
CREATE TRIGGER head_goes_on BEFORE UPDATE ON head
    FOR EACH ROW EXECUTE FUNCTION standin_go_on();
CREATE TRIGGER locks_stay BEFORE DELETE ON locks
    FOR EACH ROW EXECUTE FUNCTION standin_refuse('numbers of locks are not forgotten');
CREATE TRIGGER locks_grow BEFORE UPDATE ON locks
    FOR EACH ROW WHEN (NEW.fence < OLD.fence) EXECUTE FUNCTION standin_refuse('numbers of locks grow');
CREATE TRIGGER keys_stay_as_they_are BEFORE UPDATE ON digest_keys
    FOR EACH ROW EXECUTE FUNCTION standin_refuse('keys of digests are not changed');
CREATE TRIGGER keys_stay BEFORE DELETE ON digest_keys
    FOR EACH ROW EXECUTE FUNCTION standin_refuse('keys of digests are not removed');
CREATE TRIGGER keys_stay_all BEFORE TRUNCATE ON digest_keys
    FOR EACH STATEMENT EXECUTE FUNCTION standin_refuse('keys of digests are not removed');
