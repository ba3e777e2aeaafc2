-- A state as version 1 of the tables wrote it. It is never edited: every later version must read it.
PRAGMA application_id = 1667462009;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE absent (
    stream TEXT NOT NULL,
    id     TEXT NOT NULL,
    PRIMARY KEY (stream, id)
) WITHOUT ROWID;
CREATE TABLE base (
    membrain_id TEXT NOT NULL,
    path        TEXT NOT NULL,
    body        TEXT NOT NULL,
    PRIMARY KEY (membrain_id, path)
) WITHOUT ROWID;
INSERT INTO "base" VALUES('m1','first_name','["Ann","Ann"]');
CREATE TABLE batch (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    run         TEXT NOT NULL,
    sent_at     TEXT NOT NULL,
    rows        INTEGER NOT NULL,
    activity_id TEXT NOT NULL
);
INSERT INTO "batch" VALUES(1,'b1','import','run-1','2026-03-01T12:00:00.000000+00:00',1,'');
CREATE TABLE binding (
    kind  TEXT NOT NULL,
    label TEXT NOT NULL,
    id    TEXT NOT NULL,
    name  TEXT NOT NULL,
    PRIMARY KEY (kind, label)
) WITHOUT ROWID;
INSERT INTO "binding" VALUES('list','Customers','L1','Customers');
CREATE TABLE contact (
    id        TEXT NOT NULL PRIMARY KEY,
    erased    INTEGER NOT NULL,
    updated   TEXT,
    email_key TEXT,
    digest    BLOB NOT NULL,
    body      TEXT NOT NULL
);
INSERT INTO "contact" VALUES('c1',0,'2026-03-01T12:00:00.000000+00:00','ann@example.com',X'94C8C6CC48FCE837154A41CB3355C9D0','{"deleted":false,"email":"ann@example.com","lists":["L1"],"opt_out_date":"","opt_out_reason":"","permission":"implicit","values":{"first_name":"Ann","last_name":"Ex\u00e4mple"}}');
CREATE TABLE fact (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "fact" VALUES('account','p1');
CREATE TABLE field_count (
    sync         TEXT NOT NULL,
    field        TEXT NOT NULL,
    last_run     TEXT NOT NULL,
    last_written TEXT,
    total        TEXT NOT NULL,
    last         TEXT NOT NULL,
    PRIMARY KEY (sync, field)
) WITHOUT ROWID;
INSERT INTO "field_count" VALUES('customers','full_name','run-1','2026-03-01T12:00:00.000000+00:00','{"written":1}','{"written":1}');
CREATE TABLE field_reason (
    sync    TEXT NOT NULL,
    field   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    count   INTEGER NOT NULL,
    example TEXT NOT NULL,
    PRIMARY KEY (sync, field, reason)
) WITHOUT ROWID;
INSERT INTO "field_reason" VALUES('customers','full_name','too_long',1,'ann@example.com');
CREATE TABLE intent (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    state   TEXT NOT NULL,
    batch   TEXT NOT NULL DEFAULT '',
    failure TEXT NOT NULL DEFAULT '',
    body    TEXT NOT NULL
);
INSERT INTO "intent" VALUES(1,'sending','b1','','{"add":["L1"],"changes":[{"field":"full_name","membrain":"contact.Name","new":"Ex\u00e4mple","old":"","overrules":false,"path":"last_name","rule":"membrain wins","sync":"customers","truncated":false}],"contact_id":"c1","email":"ann@example.com","keep":[],"membrain_id":"m1","old_email":"","operations":[["update","customers"]],"remove":[]}');
CREATE TABLE link (
    membrain_id TEXT NOT NULL PRIMARY KEY,
    contact_id  TEXT NOT NULL UNIQUE
) WITHOUT ROWID;
INSERT INTO "link" VALUES('m1','c1');
CREATE TABLE membership (
    list_id    TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    PRIMARY KEY (list_id, contact_id)
) WITHOUT ROWID;
INSERT INTO "membership" VALUES('L1','c1');
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
INSERT INTO "record" VALUES('contacts','m1','','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00','ann@example.com','o1',X'5BD9E840755270FF3C11E44AA0A8664D','{"closed":false,"values":{"CompanyId":"o1","EmailAddress":"Ann@example.com","Name":"Ann Ex\u00e4mple"}}');
CREATE TABLE run (
    id       TEXT NOT NULL PRIMARY KEY,
    started  TEXT NOT NULL,
    finished TEXT,
    result   TEXT NOT NULL,
    body     TEXT NOT NULL
);
INSERT INTO "run" VALUES('run-1','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00','success','{"calls":{"membrain":2},"counts":{"created":1},"message":"","syncs":{"customers":{"created":1}}}');
CREATE TABLE standing (
    contact_id TEXT NOT NULL,
    list_id    TEXT NOT NULL,
    standing   TEXT NOT NULL,
    PRIMARY KEY (contact_id, list_id)
) WITHOUT ROWID;
INSERT INTO "standing" VALUES('c1','L1','placed');
CREATE TABLE swept (
    stream TEXT NOT NULL,
    sweep  INTEGER NOT NULL,
    id     TEXT NOT NULL,
    PRIMARY KEY (stream, sweep, id)
) WITHOUT ROWID;
INSERT INTO "swept" VALUES('constant_contact',1,'c1');
INSERT INTO "swept" VALUES('contacts',1,'m1');
CREATE TABLE tally (
    kind  TEXT NOT NULL,
    name  TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
INSERT INTO "tally" VALUES('contacts','',1);
INSERT INTO "tally" VALUES('members','L1',1);
INSERT INTO "tally" VALUES('placed','L1',1);
INSERT INTO "tally" VALUES('records','contacts',1);
CREATE TABLE timestamp (
    stream     TEXT NOT NULL PRIMARY KEY,
    read_up_to TEXT NOT NULL,
    moved_at   TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "timestamp" VALUES('membrain.contacts','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00');
CREATE TABLE touched (
    id TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID;
INSERT INTO "touched" VALUES('m1');
CREATE TABLE waiting (
    membrain_id TEXT NOT NULL,
    sync        TEXT NOT NULL,
    field       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    since       TEXT NOT NULL,
    body        TEXT NOT NULL,
    PRIMARY KEY (membrain_id, sync, field, reason)
) WITHOUT ROWID;
INSERT INTO "waiting" VALUES('m1','customers','job_title','too_long','2026-03-01T12:00:00.000000+00:00','["ann@example.com","60 characters, 50 fit","f"]');
CREATE INDEX record_living ON record (resource, id, gone) WHERE gone = '';
CREATE INDEX record_email ON record (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX record_company ON record (company_id, resource) WHERE company_id IS NOT NULL;
CREATE INDEX contact_living ON contact (id, erased) WHERE erased = 0;
CREATE INDEX contact_email ON contact (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX intent_state ON intent (state, number);
CREATE INDEX intent_batch ON intent (batch, number);
CREATE INDEX waiting_since ON waiting (since, membrain_id, sync, field, reason);
CREATE INDEX waiting_people ON waiting (sync, reason) WHERE field = '';
CREATE INDEX run_started ON run (started, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('intent',1);
INSERT INTO "sqlite_sequence" VALUES('batch',1);
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
COMMIT;
