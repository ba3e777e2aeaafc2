"""The tables, as one script per version: a version that has been released is never edited, the next one is added.

A script may call ``company_column(body)``, which is Python's: SQLite knows lower case of ASCII alone.

Rules that hold for every table:

* Times are ISO 8601 text in UTC with microseconds, so that text order is time order.
* What is only ever read whole, and whatever a service has written, lies in ``body`` as JSON with escapes, because a
  service may send half a letter, which SQLite's text cannot hold. What is searched for has a column and an index.
* ``tally`` holds the counts that a run asks for again and again. Triggers keep it, so that no statement can forget to.
* ``swept`` and ``absent`` hold the marks of complete readings apart from the rows, so that a reading that finds
  nothing new writes a few bytes for each row and leaves the wide rows alone.
"""

from __future__ import annotations

APPLICATION_ID = 0x63637379  # "ccsy": tells a state of ccsync from any other SQLite file

VERSION_1 = """
CREATE TABLE record (
    resource   TEXT NOT NULL,
    id         TEXT NOT NULL,
    gone       TEXT NOT NULL,
    created    TEXT,
    changed    TEXT,
    email_key  TEXT,
    company_id TEXT,
    digest     BLOB NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (resource, id)
);
CREATE INDEX record_living ON record (resource, id, gone) WHERE gone = '';
CREATE INDEX record_email ON record (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX record_company ON record (company_id, resource) WHERE company_id IS NOT NULL;

CREATE TABLE contact (
    id        TEXT NOT NULL PRIMARY KEY,
    erased    INTEGER NOT NULL,
    updated   TEXT,
    email_key TEXT,
    digest    BLOB NOT NULL,
    body      TEXT NOT NULL
);
CREATE INDEX contact_living ON contact (id, erased) WHERE erased = 0;
CREATE INDEX contact_email ON contact (email_key) WHERE email_key IS NOT NULL;

CREATE TABLE membership (
    list_id    TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    PRIMARY KEY (list_id, contact_id)
) WITHOUT ROWID;

CREATE TABLE swept (
    stream TEXT NOT NULL,
    sweep  INTEGER NOT NULL,
    id     TEXT NOT NULL,
    PRIMARY KEY (stream, sweep, id)
) WITHOUT ROWID;

CREATE TABLE absent (
    stream TEXT NOT NULL,
    id     TEXT NOT NULL,
    PRIMARY KEY (stream, id)
) WITHOUT ROWID;

CREATE TABLE link (
    membrain_id TEXT NOT NULL PRIMARY KEY,
    contact_id  TEXT NOT NULL UNIQUE
) WITHOUT ROWID;

CREATE TABLE base (
    membrain_id TEXT NOT NULL,
    path        TEXT NOT NULL,
    body        TEXT NOT NULL,
    PRIMARY KEY (membrain_id, path)
) WITHOUT ROWID;

CREATE TABLE standing (
    contact_id TEXT NOT NULL,
    list_id    TEXT NOT NULL,
    standing   TEXT NOT NULL,
    PRIMARY KEY (contact_id, list_id)
) WITHOUT ROWID;

CREATE TABLE touched (
    id TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE intent (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    state   TEXT NOT NULL,
    batch   TEXT NOT NULL DEFAULT '',
    failure TEXT NOT NULL DEFAULT '',
    body    TEXT NOT NULL
);
CREATE INDEX intent_state ON intent (state, number);
CREATE INDEX intent_batch ON intent (batch, number);

CREATE TABLE batch (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    run         TEXT NOT NULL,
    sent_at     TEXT NOT NULL,
    rows        INTEGER NOT NULL,
    activity_id TEXT NOT NULL
);

CREATE TABLE waiting (
    membrain_id TEXT NOT NULL,
    sync        TEXT NOT NULL,
    field       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    since       TEXT NOT NULL,
    body        TEXT NOT NULL,
    PRIMARY KEY (membrain_id, sync, field, reason)
) WITHOUT ROWID;
CREATE INDEX waiting_since ON waiting (since, membrain_id, sync, field, reason);
CREATE INDEX waiting_people ON waiting (sync, reason) WHERE field = '';

CREATE TABLE timestamp (
    stream     TEXT NOT NULL PRIMARY KEY,
    read_up_to TEXT NOT NULL,
    moved_at   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE binding (
    kind  TEXT NOT NULL,
    label TEXT NOT NULL,
    id    TEXT NOT NULL,
    name  TEXT NOT NULL,
    PRIMARY KEY (kind, label)
) WITHOUT ROWID;

CREATE TABLE fact (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE run (
    id       TEXT NOT NULL PRIMARY KEY,
    started  TEXT NOT NULL,
    finished TEXT,
    result   TEXT NOT NULL,
    body     TEXT NOT NULL
);
CREATE INDEX run_started ON run (started, id);

CREATE TABLE field_count (
    sync         TEXT NOT NULL,
    field        TEXT NOT NULL,
    last_run     TEXT NOT NULL,
    last_written TEXT,
    total        TEXT NOT NULL,
    last         TEXT NOT NULL,
    PRIMARY KEY (sync, field)
) WITHOUT ROWID;

CREATE TABLE field_reason (
    sync    TEXT NOT NULL,
    field   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    count   INTEGER NOT NULL,
    example TEXT NOT NULL,
    PRIMARY KEY (sync, field, reason)
) WITHOUT ROWID;

CREATE TABLE tally (
    kind  TEXT NOT NULL,
    name  TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;

CREATE TRIGGER record_arrives AFTER INSERT ON record WHEN NEW.gone = '' BEGIN
    INSERT INTO tally VALUES ('records', NEW.resource, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER record_turns AFTER UPDATE OF gone ON record WHEN (OLD.gone = '') <> (NEW.gone = '') BEGIN
    INSERT INTO tally VALUES ('records', NEW.resource, 1)
    ON CONFLICT DO UPDATE SET count = count + (NEW.gone = '') - (OLD.gone = '');
END;
CREATE TRIGGER contact_arrives AFTER INSERT ON contact WHEN NEW.erased = 0 BEGIN
    INSERT INTO tally VALUES ('contacts', '', 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER contact_turns AFTER UPDATE OF erased ON contact WHEN OLD.erased <> NEW.erased BEGIN
    INSERT INTO tally VALUES ('contacts', '', 1)
    ON CONFLICT DO UPDATE SET count = count + OLD.erased - NEW.erased;
END;
CREATE TRIGGER membership_begins AFTER INSERT ON membership BEGIN
    INSERT INTO tally VALUES ('members', NEW.list_id, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER membership_ends AFTER DELETE ON membership BEGIN
    UPDATE tally SET count = count - 1 WHERE kind = 'members' AND name = OLD.list_id;
END;
CREATE TRIGGER standing_begins AFTER INSERT ON standing WHEN NEW.standing = 'placed' BEGIN
    INSERT INTO tally VALUES ('placed', NEW.list_id, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER standing_turns AFTER UPDATE OF standing ON standing
WHEN (OLD.standing = 'placed') <> (NEW.standing = 'placed') BEGIN
    INSERT INTO tally VALUES ('placed', NEW.list_id, 1)
    ON CONFLICT DO UPDATE SET count = count + (NEW.standing = 'placed') - (OLD.standing = 'placed');
END;
CREATE TRIGGER standing_ends AFTER DELETE ON standing WHEN OLD.standing = 'placed' BEGIN
    UPDATE tally SET count = count - 1 WHERE kind = 'placed' AND name = OLD.list_id;
END;
"""

VERSION_2 = """
ALTER TABLE record ADD COLUMN name_key TEXT;
UPDATE record SET name_key = company_column(body) WHERE resource = 'companies';
CREATE INDEX record_name ON record (name_key) WHERE name_key IS NOT NULL;

CREATE TABLE touched_contact (
    id TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE membrain_intent (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    sent_at TEXT,
    body    TEXT NOT NULL
);
CREATE INDEX membrain_intent_sent ON membrain_intent (sent_at IS NOT NULL, number);

CREATE INDEX waiting_reason ON waiting (reason);
"""

MIGRATIONS: tuple[str, ...] = (VERSION_1, VERSION_2)
