BEGIN IMMEDIATE;
CREATE TABLE dalsegno_schema (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT dalsegno_schema_pkc PRIMARY KEY (version_num)
);
CREATE TABLE revisions (
	namespace TEXT NOT NULL, 
	flow TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	created DOUBLE NOT NULL, 
	author TEXT, 
	description TEXT, 
	disabled INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	compiled TEXT NOT NULL, 
	CONSTRAINT revisions_key PRIMARY KEY (namespace, flow, number)
);
CREATE TABLE run_numbers (
	namespace TEXT NOT NULL, 
	flow TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	CONSTRAINT run_numbers_key PRIMARY KEY (namespace, flow)
)
 WITHOUT ROWID

;
CREATE TABLE runs (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	namespace TEXT NOT NULL, 
	flow TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	attempt INTEGER NOT NULL, 
	root TEXT NOT NULL, 
	origin TEXT, 
	clock DOUBLE NOT NULL, 
	created DOUBLE NOT NULL, 
	started DOUBLE, 
	ended DOUBLE, 
	lease_number INTEGER NOT NULL, 
	lease_owner TEXT, 
	lease_beat DOUBLE, 
	kill_requested INTEGER NOT NULL, 
	plan_digest TEXT NOT NULL, 
	author TEXT, 
	reason TEXT, 
	labels TEXT NOT NULL, 
	inputs TEXT NOT NULL, 
	request TEXT NOT NULL, 
	environment TEXT NOT NULL, 
	outputs TEXT NOT NULL, 
	error TEXT, whole INTEGER DEFAULT 1 NOT NULL, fixed_by TEXT, deleted DOUBLE, parent TEXT, caller TEXT, caller_attempt INTEGER, queued DOUBLE, 
	CONSTRAINT runs_key PRIMARY KEY (id)
);
CREATE INDEX runs_by_name ON runs (name);
CREATE INDEX runs_by_time ON runs (created);
CREATE INDEX runs_by_flow ON runs (namespace, flow, created);
CREATE INDEX runs_by_origin ON runs (origin);
CREATE INDEX runs_by_root ON runs (root);
CREATE TABLE plans (
	run TEXT NOT NULL, 
	"plan" BLOB NOT NULL, graph TEXT, 
	CONSTRAINT plans_key PRIMARY KEY (run), 
	FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE TABLE task_runs (
	seq INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	run TEXT NOT NULL, 
	address TEXT NOT NULL, 
	task TEXT NOT NULL, 
	type TEXT NOT NULL, 
	state TEXT NOT NULL, 
	action TEXT NOT NULL, 
	definition TEXT NOT NULL, 
	attempt INTEGER NOT NULL, 
	attempts INTEGER NOT NULL, 
	created DOUBLE NOT NULL, 
	started DOUBLE, 
	ended DOUBLE, 
	output_digest TEXT, 
	loop_keys TEXT, 
	reused_from TEXT, 
	parent TEXT, 
	reason TEXT NOT NULL, 
	value TEXT, 
	digests TEXT NOT NULL, 
	used TEXT NOT NULL, 
	properties TEXT NOT NULL, 
	outputs TEXT NOT NULL, 
	error TEXT, 
	loop_values TEXT, metadata TEXT, 
	CONSTRAINT task_runs_key PRIMARY KEY (seq), 
	CONSTRAINT task_runs_id UNIQUE (id), 
	CONSTRAINT task_runs_address UNIQUE (run, address), 
	FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE INDEX task_runs_in_order ON task_runs (run, seq);
CREATE TABLE attempts (
	task_run TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	started DOUBLE NOT NULL, 
	ended DOUBLE, 
	error TEXT, 
	CONSTRAINT attempts_key PRIMARY KEY (task_run, number), 
	FOREIGN KEY(task_run) REFERENCES task_runs (id)
)
 WITHOUT ROWID

;
CREATE TABLE events (
	run TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	at DOUBLE NOT NULL, 
	kind TEXT NOT NULL, 
	state TEXT NOT NULL, 
	address TEXT, 
	attempt INTEGER, 
	CONSTRAINT events_key PRIMARY KEY (run, number), 
	FOREIGN KEY(run) REFERENCES runs (id)
)
 WITHOUT ROWID

;
CREATE TABLE logs (
	run TEXT NOT NULL, 
	first_line INTEGER NOT NULL, 
	last_line INTEGER NOT NULL, 
	task_run TEXT NOT NULL, 
	attempt INTEGER NOT NULL, 
	lines TEXT NOT NULL, 
	CONSTRAINT logs_key PRIMARY KEY (run, first_line), 
	FOREIGN KEY(run) REFERENCES runs (id), 
	FOREIGN KEY(task_run) REFERENCES task_runs (id)
);
CREATE INDEX logs_by_task_run ON logs (task_run, first_line);
CREATE TABLE artifacts (
	seq INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	created DOUBLE NOT NULL, 
	run TEXT, 
	task_run TEXT, 
	output TEXT, 
	mark TEXT, summary TEXT, 
	CONSTRAINT artifacts_key PRIMARY KEY (seq), 
	CONSTRAINT artifacts_id UNIQUE (id)
);
CREATE INDEX artifacts_by_digest ON artifacts (digest);
CREATE INDEX artifacts_by_task_run ON artifacts (task_run);
CREATE TABLE entries (
	namespace TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	type TEXT NOT NULL, 
	created DOUBLE NOT NULL, 
	updated DOUBLE NOT NULL, 
	expires DOUBLE, 
	writer TEXT, 
	description TEXT, 
	value TEXT NOT NULL, 
	CONSTRAINT entries_key PRIMARY KEY (namespace, "key")
);
CREATE INDEX entries_by_expiry ON entries (expires);
CREATE INDEX runs_by_parent ON runs (parent);
CREATE UNIQUE INDEX runs_by_caller ON runs (caller, caller_attempt);
CREATE TABLE files (
	namespace TEXT NOT NULL, 
	path TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	created DOUBLE NOT NULL, 
	updated DOUBLE NOT NULL, 
	CONSTRAINT files_key PRIMARY KEY (namespace, path)
);
CREATE INDEX runs_handed_over ON runs (queued) WHERE ended IS NULL AND queued IS NOT NULL;
CREATE INDEX events_by_time ON events (at) WHERE kind = 'run';
CREATE TABLE listed (
	place INTEGER NOT NULL, 
	run TEXT NOT NULL, 
	namespace TEXT NOT NULL, 
	flow TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	stage TEXT NOT NULL, 
	started DOUBLE, 
	ended DOUBLE, 
	late INTEGER NOT NULL, 
	sub INTEGER NOT NULL, 
	whole INTEGER NOT NULL, 
	replayed INTEGER NOT NULL, 
	author TEXT, 
	failed TEXT, 
	fixed INTEGER, 
	CONSTRAINT listed_key PRIMARY KEY (place), 
	CONSTRAINT listed_run UNIQUE (run), 
	FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE TABLE listed_labels (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	place BIGINT NOT NULL, 
	CONSTRAINT listed_labels_key PRIMARY KEY (name, value, place)
)
 WITHOUT ROWID

;
CREATE TABLE listed_texts (
	place INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	CONSTRAINT listed_texts_key PRIMARY KEY (place)
);
CREATE TABLE listed_waiting (
	number INTEGER NOT NULL, 
	place BIGINT NOT NULL, 
	CONSTRAINT listed_waiting_key PRIMARY KEY (number), 
	CONSTRAINT listed_waiting_place UNIQUE (place)
);
CREATE INDEX listed_by_flow ON listed (namespace, flow, stage, place, sub);
CREATE INDEX listed_by_revision ON listed (namespace, flow, revision, place);
CREATE INDEX listed_by_stage ON listed (stage, place);
CREATE INDEX listed_by_author ON listed (author, place);
CREATE INDEX listed_failed ON listed (failed, place) WHERE failed IS NOT NULL;
CREATE INDEX listed_fixed ON listed (fixed, place) WHERE fixed IS NOT NULL;
CREATE INDEX listed_replayed ON listed (replayed, place) WHERE replayed = 1;
CREATE INDEX listed_late ON listed (late, place) WHERE late = 1;
CREATE VIRTUAL TABLE listed_words USING fts5(text, content='listed_texts', content_rowid='place', detail=none, columnsize=0, tokenize='ascii');
CREATE TRIGGER listed_texts_added AFTER INSERT ON listed_texts BEGIN INSERT INTO listed_waiting (place) VALUES (new.place); END;
CREATE TRIGGER listed_texts_changed AFTER UPDATE OF text ON listed_texts WHEN NOT EXISTS (SELECT 1 FROM listed_waiting WHERE place = new.place) BEGIN INSERT INTO listed_words (listed_words, rowid, text) VALUES ('delete', old.place, old.text); INSERT INTO listed_waiting (place) VALUES (new.place); END;
CREATE TRIGGER listed_texts_removed AFTER DELETE ON listed_texts BEGIN INSERT INTO listed_words (listed_words, rowid, text) SELECT 'delete', old.place, old.text WHERE NOT EXISTS (SELECT 1 FROM listed_waiting WHERE place = old.place); DELETE FROM listed_waiting WHERE place = old.place; END;
CREATE TRIGGER listed_waiting_many AFTER INSERT ON listed_waiting WHEN new.number - (SELECT MIN(number) FROM listed_waiting) >= 256 BEGIN INSERT INTO listed_words (rowid, text) SELECT t.place, t.text FROM listed_waiting AS w JOIN listed_texts AS t ON t.place = w.place ORDER BY t.place; DELETE FROM listed_waiting; END;
CREATE TABLE bulk_jobs (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	state TEXT NOT NULL, 
	why TEXT, 
	created DOUBLE NOT NULL, 
	started DOUBLE, 
	ended DOUBLE, 
	author TEXT, 
	hosted INTEGER NOT NULL, 
	approved INTEGER NOT NULL, 
	forgiven_ended INTEGER NOT NULL, 
	forgiven_failed INTEGER NOT NULL, 
	first_failed INTEGER NOT NULL, 
	fixed_too INTEGER NOT NULL, 
	lease_number INTEGER NOT NULL, 
	lease_owner TEXT, 
	lease_beat DOUBLE, 
	pace TEXT NOT NULL, 
	request TEXT NOT NULL, 
	selection TEXT NOT NULL, 
	CONSTRAINT bulk_jobs_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX bulk_jobs_by_name ON bulk_jobs (name);
CREATE INDEX bulk_jobs_by_time ON bulk_jobs (created);
CREATE INDEX bulk_jobs_hosted ON bulk_jobs (state) WHERE hosted = 1 AND state = 'RUNNING';
CREATE TABLE bulk_rows (
	job TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	origin TEXT NOT NULL, 
	state TEXT NOT NULL, 
	replay TEXT, 
	at DOUBLE, 
	code TEXT, 
	why TEXT, 
	CONSTRAINT bulk_rows_key PRIMARY KEY (job, position), 
	CONSTRAINT bulk_rows_origin UNIQUE (job, origin), 
	FOREIGN KEY(job) REFERENCES bulk_jobs (id)
)
 WITHOUT ROWID

;
CREATE INDEX bulk_rows_waiting ON bulk_rows (job, position) WHERE state = 'WAITING';
CREATE TABLE answers (
	caller TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	created DOUBLE NOT NULL, 
	status INTEGER, 
	headers TEXT NOT NULL, 
	body BLOB NOT NULL, 
	CONSTRAINT answers_key PRIMARY KEY (caller, "key")
);
CREATE INDEX answers_by_time ON answers (created);
CREATE TABLE flow_marks (
	namespace TEXT NOT NULL, 
	flow TEXT NOT NULL, 
	disabled DOUBLE, 
	deleted DOUBLE, 
	CONSTRAINT flow_marks_key PRIMARY KEY (namespace, flow)
);
CREATE TABLE users (
	name TEXT NOT NULL, 
	role TEXT NOT NULL, 
	password TEXT NOT NULL, 
	created DOUBLE NOT NULL, 
	CONSTRAINT users_key PRIMARY KEY (name)
);
CREATE TABLE tokens (
	id TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	user TEXT NOT NULL, 
	name TEXT NOT NULL, 
	role TEXT NOT NULL, 
	created DOUBLE NOT NULL, 
	expires DOUBLE, 
	CONSTRAINT tokens_key PRIMARY KEY (id), 
	CONSTRAINT tokens_digest UNIQUE (digest)
);
CREATE TABLE sessions (
	digest TEXT NOT NULL, 
	user TEXT NOT NULL, 
	created DOUBLE NOT NULL, 
	expires DOUBLE NOT NULL, 
	CONSTRAINT sessions_key PRIMARY KEY (digest)
);
CREATE TABLE audit_log (
	number INTEGER NOT NULL, 
	at DOUBLE NOT NULL, 
	user TEXT, 
	role TEXT, 
	door TEXT NOT NULL, 
	address TEXT NOT NULL, 
	operation TEXT NOT NULL, 
	method TEXT NOT NULL, 
	path TEXT NOT NULL, 
	status INTEGER NOT NULL, 
	detail TEXT NOT NULL, 
	CONSTRAINT audit_log_key PRIMARY KEY (number)
);
CREATE INDEX audit_log_by_user ON audit_log (user, number);
INSERT INTO dalsegno_schema (version_num) VALUES ('12');
COMMIT;
