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
INSERT INTO dalsegno_schema (version_num) VALUES ('9');
COMMIT;
