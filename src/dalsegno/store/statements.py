"""All SQL, as named statements that both databases understand; where they differ, one stands beside the other.

Parameters are written `:name`, as SQLite takes them; `for_postgres` translates a statement once. Both drivers keep a
statement prepared when it is used again, so each is a constant: what varies is a parameter, or one of a few variants.
"""

# ruff: noqa: S608 - what is put together here comes from this module and the table of moves

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from dalsegno.model.state import ENDED, MOVES, RESULTS, State

#: above every character: text that begins with a prefix lies between the prefix and the prefix with this behind it
LAST_CHARACTER = "\U0010ffff"

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")


#: what SQLite is told of the order of a join, of the index to take, of text in text and of words; and PostgreSQL in its place
WORDS = "d.word_index MATCH :match"
WORDS_SOURCE = "(SELECT rowid AS place, listed_words AS word_index FROM listed_words) AS d"
_POSTGRES_WORDS = "array_to_tsvector(string_to_array(btrim(d.text), ' ')) @@ (:tsquery)::tsquery"
_ONLY_SQLITE = (
    (re.compile(r" INDEXED BY \w+"), ""),
    (re.compile(r"\bCROSS JOIN (?=\w+ AS \w+ ON )"), "JOIN "),
    (re.compile(r"\binstr\("), "strpos("),
    (re.compile(re.escape(WORDS)), _POSTGRES_WORDS),
    (re.compile(re.escape(WORDS_SOURCE)), "listed_texts AS d"),
)


@lru_cache(maxsize=2048)
def for_postgres(statement: str) -> bytes:
    """Give a statement with parameters as psycopg takes them."""
    for pattern, instead in _ONLY_SQLITE:
        statement = pattern.sub(instead, statement)
    return _PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%")).encode()


@lru_cache(maxsize=2048)
def parameters_of(statement: str) -> tuple[str, ...]:
    """Give the names of a statement's parameters, as either database takes them."""
    return tuple(_PARAMETER.findall(statement)) + (("tsquery",) if WORDS in statement else ())


def _names(columns: str) -> tuple[str, ...]:
    return tuple(columns.split())


def _insert(table: str, columns: Iterable[str]) -> str:
    names = tuple(columns)
    values = ", ".join(f":{name}" for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values}) ON CONFLICT DO NOTHING"


def _select(table: str, columns: Iterable[str], rest: str) -> str:
    return f"SELECT {', '.join(columns)} FROM {table} {rest}"


def _words(states: Iterable[State]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


REVISION = _names("namespace flow number digest created author source compiled")
RUN = _names(
    "id name namespace flow revision state attempt root origin clock created started ended plan_digest author reason "
    "labels inputs request environment outputs error whole fixed_by deleted "
    "parent caller caller_attempt queued"
)
TASK_RUN = _names(
    "id run address task type state action definition attempt attempts created started ended output_digest loop_keys "
    "reused_from parent reason value digests used properties outputs error loop_values metadata"
)
RESULT = _names("id address task type state action definition attempt started ended output_digest loop_keys")
BAR = _names("id address task type parent state action attempts started ended reused_from")
ATTEMPT = _names("task_run number state started ended error")
EVENT = _names("run number at kind state address attempt")
ARTIFACT = _names("id digest kind name size created run task_run output mark summary")
ENTRY = _names("namespace key type created updated expires writer description value")
FILE = _names("namespace path digest size created updated")

# --- the lease

#: the row stays locked until the commit ends: the writers of one run follow each other
LOCK_RUN = "SELECT lease_number, lease_owner FROM runs WHERE id = :run FOR UPDATE"
#: SQLite has one writer at a time anyway
READ_LEASE = "SELECT lease_number, lease_owner FROM runs WHERE id = :run"
TAKE_LEASE = (
    "UPDATE runs SET lease_number = lease_number + 1, lease_owner = :owner, lease_beat = :now WHERE id = :run "
    "RETURNING lease_number"
)
TAKE_EXPIRED_LEASE = (
    "UPDATE runs SET lease_number = lease_number + 1, lease_owner = :owner, lease_beat = :now WHERE id = :run "
    "AND (lease_owner IS NULL OR lease_beat < :expired) RETURNING lease_number"
)
BEAT = (
    "UPDATE runs SET lease_beat = :now WHERE id = :run AND lease_number = :number AND lease_owner IS NOT NULL "
    "RETURNING lease_number"
)
RELEASE = "UPDATE runs SET lease_owner = NULL, lease_beat = NULL WHERE id = :run AND lease_number = :number"

#: how far the log has been written
WRITTEN_POSTGRES = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"

# --- flows

SAVE_REVISION = (
    "INSERT INTO revisions (namespace, flow, number, digest, created, author, description, disabled, source, compiled) "
    "SELECT :namespace, :flow, :number, :digest, :created, :author, :description, :disabled, :source, :compiled "
    "WHERE :previous = (SELECT COALESCE(MAX(number), 0) FROM revisions WHERE namespace = :namespace AND flow = :flow) "
    "ON CONFLICT DO NOTHING"
)
_NEWEST = "f.number = (SELECT MAX(number) FROM revisions AS r WHERE r.namespace = f.namespace AND r.flow = f.flow)"
_SUMMARIES = (
    "SELECT f.namespace, f.flow, f.number, f.description, f.disabled, f.created, m.disabled, m.deleted FROM revisions AS f "
    f"LEFT JOIN flow_marks AS m ON m.namespace = f.namespace AND m.flow = f.flow WHERE {_NEWEST}"
)
FLOWS = f"{_SUMMARIES} ORDER BY f.namespace, f.flow"
FLOWS_OF_NAMESPACE = f"{_SUMMARIES} AND f.namespace = :namespace ORDER BY f.namespace, f.flow"
FLOWS_NAMED = (
    f"{_SUMMARIES} AND (f.flow = :name OR (f.namespace = :namespace AND f.flow = :flow)) ORDER BY f.namespace, f.flow"
)
FLOW = f"{_SUMMARIES} AND f.namespace = :namespace AND f.flow = :flow"
FLOW_MARKS = "SELECT disabled, deleted FROM flow_marks WHERE namespace = :namespace AND flow = :flow"
DISABLE_FLOW, DELETE_FLOW = (
    f"INSERT INTO flow_marks (namespace, flow, {mark}) VALUES (:namespace, :flow, :at) "
    f"ON CONFLICT (namespace, flow) DO UPDATE SET {mark} = excluded.{mark}"
    for mark in ("disabled", "deleted")
)
_OF_FLOW = "WHERE namespace = :namespace AND flow = :flow"
LATEST_REVISION = _select("revisions", ("number",), f"{_OF_FLOW} ORDER BY number DESC LIMIT 1")
REVISION_NUMBER = _select("revisions", REVISION, f"{_OF_FLOW} AND number = :number")
REVISIONS = _select("revisions", REVISION, f"{_OF_FLOW} ORDER BY number")
REVISION_WITH_DIGEST = _select(
    "revisions", ("number",), f"{_OF_FLOW} AND digest = :digest ORDER BY number DESC LIMIT 1"
)

# --- runs

NEXT_RUN_NUMBER = (
    "INSERT INTO run_numbers AS n (namespace, flow, number) VALUES (:namespace, :flow, 1) "
    "ON CONFLICT (namespace, flow) DO UPDATE SET number = n.number + 1 RETURNING number"
)
CREATE_RUN = _insert("runs", (*RUN, "lease_number", "kill_requested"))
SAVE_PLAN = _insert("plans", ("run", "plan", "graph"))
MOVE_RUN = (
    "UPDATE runs SET state = :state, started = COALESCE(started, :started), ended = COALESCE(:ended, ended), "
    "outputs = COALESCE(:outputs, outputs), error = COALESCE(:error, error) WHERE id = :run AND state = :expected"
)
#: every run above one that is whole: only readers know which of them failed, for one that still runs may yet do so
FIX_RUNS_ABOVE = (
    "UPDATE runs SET fixed_by = :run WHERE fixed_by IS NULL AND id IN (WITH RECURSIVE above (id, origin) AS ("
    "SELECT o.id, o.origin FROM runs AS r JOIN runs AS o ON o.id = r.origin WHERE r.id = :run AND r.whole = 1 "
    "UNION SELECT o.id, o.origin FROM above AS a JOIN runs AS o ON o.id = a.origin) SELECT id FROM above)"
)
#: one that an engine executes already is told apart by its lease, not here
QUEUE_RUN = (
    f"UPDATE runs SET queued = :due, state = CASE state WHEN '{State.CREATED}' THEN '{State.QUEUED}' ELSE state END "
    f"WHERE id = :run AND state NOT IN ({_words(ENDED)})"
)
_HANDED_OVER = "WHERE ended IS NULL AND queued IS NOT NULL AND state {} ORDER BY queued, id LIMIT :limit"
QUEUED = _select("runs", RUN, _HANDED_OVER.format(f"= '{State.QUEUED}' AND queued <= :now"))
HANDED_OVER = _select("runs", RUN, _HANDED_OVER.format(f"<> '{State.QUEUED}'"))
#: what `kill_requested` holds: the sum of what is asked for
KILL, PAUSE = 1, 2
_ASK = f"UPDATE runs SET kill_requested = kill_requested {{}} WHERE id = :run AND state NOT IN ({_words(ENDED)})"
REQUEST_KILL = _ASK.format(f"| {KILL}")
REQUEST_PAUSE = _ASK.format(f"| {PAUSE}")
TAKE_PAUSE_BACK = _ASK.format(f"& {KILL}")
AMEND_RUN = f"UPDATE runs SET request = :request WHERE id = :run AND state NOT IN ({_words(ENDED)})"
NOTE_ENVIRONMENT = f"UPDATE runs SET environment = :environment WHERE id = :run AND state NOT IN ({_words(ENDED)})"
RUN_LABELS = "SELECT labels FROM runs WHERE id = :run"
LABEL_RUN = "UPDATE runs SET labels = :labels WHERE id = :run"
RUN_NAME_AND_STATE = "SELECT name, state FROM runs WHERE id = :run"

#: one branch for each end: within it the index gives them in order
NEWEST_ENDED = (
    " UNION ALL ".join(
        "SELECT run, place FROM (SELECT run, place FROM listed WHERE namespace = :namespace AND flow = :flow "
        f"AND stage = '{state}' ORDER BY place DESC LIMIT :limit) AS {str(state).lower()}"
        for state in sorted(ENDED)
    )
    + " ORDER BY place DESC LIMIT :limit"
)
GET_RUN = _select("runs", RUN, "WHERE id = :run")
FIND_RUNS = _select(
    "runs", RUN, "WHERE name = :text OR (id >= :text AND id < :end) ORDER BY created DESC, id DESC LIMIT :limit"
)
GET_PLAN = "SELECT plan FROM plans WHERE run = :run"
GET_GRAPH = "SELECT graph FROM plans WHERE run = :run"
WISHES = "SELECT kill_requested FROM runs WHERE id = :run"


@cache
def list_with_deleted(columns: frozenset[str]) -> str:
    """Give the statement that lists runs and deleted ones too, newest first, by columns with a given value."""
    where = " AND ".join(f"{column} = :{column}" for column in sorted(columns))
    return _select("runs", RUN, f"{f'WHERE {where} ' if where else ''}ORDER BY created DESC, id DESC")


@cache
def count_runs(states: frozenset[State]) -> str:
    """Give the statement that counts the runs of each flow."""
    among = f" AND state IN ({_words(states)})" if states else ""
    return (
        f"SELECT namespace, flow, COUNT(*) FROM runs WHERE deleted IS NULL AND created >= :since AND created < :until{among} "
        "GROUP BY namespace, flow"
    )


# --- deleting

#: a run that is replayed stays while its replay is created
HOLD_ORIGIN = "SELECT deleted FROM runs WHERE id = :run FOR KEY SHARE"
READ_ORIGIN = "SELECT deleted FROM runs WHERE id = :run"
RUN_TO_DELETE = "SELECT name, state, root, deleted, labels FROM runs WHERE id = :run"
UNENDED_REPLAYS = f"SELECT name FROM runs WHERE origin = :run AND state NOT IN ({_words(ENDED)}) ORDER BY created"
MAKE_TOMBSTONE = (
    "UPDATE runs SET deleted = :at, inputs = '{}', request = '{}', outputs = '{}', environment = '{}', error = NULL "
    "WHERE id = :run"
)
_DELETED = "SELECT id FROM runs WHERE root = :root AND deleted IS NOT NULL"
#: task runs of deleted runs of a lineage that no run which is left reuses; a result is only ever reused in its lineage
_UNUSED = (
    f"SELECT id FROM task_runs WHERE run IN ({_DELETED}) AND id NOT IN (SELECT t.reused_from FROM task_runs AS t "
    "JOIN runs AS r ON r.id = t.run WHERE r.root = :root AND r.deleted IS NULL AND t.reused_from IS NOT NULL)"
)
#: in this order, what points at a row goes before the row
DELETE_UNUSED = (
    f"DELETE FROM logs WHERE task_run IN ({_UNUSED})",
    f"DELETE FROM attempts WHERE task_run IN ({_UNUSED})",
    f"DELETE FROM artifacts WHERE task_run IN ({_UNUSED})",
    f"DELETE FROM task_runs WHERE id IN ({_UNUSED})",
    (
        f"DELETE FROM artifacts WHERE run IN ({_DELETED}) AND task_run IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM runs WHERE root = :root AND deleted IS NULL)"
    ),
)
DELETE_OF_RUN = ("DELETE FROM events WHERE run = :run", "DELETE FROM plans WHERE run = :run")

# --- what is in use

RUNS_AND_ROOTS = "SELECT id, root, deleted FROM runs"
TEXTS_OF_RUNS = (
    "SELECT id, inputs, request, outputs, graph FROM runs LEFT JOIN plans ON plans.run = runs.id "
    "WHERE deleted IS NULL AND id > :after ORDER BY id LIMIT :limit"
)
TEXTS_OF_TASK_RUNS = (
    "SELECT seq, run, outputs, properties, value, loop_values, metadata FROM task_runs "
    "WHERE seq > :after ORDER BY seq LIMIT :limit"
)
TEXTS_OF_REVISIONS = "SELECT source, compiled FROM revisions"
TEXTS_OF_ENTRIES = "SELECT value FROM entries"
TEXTS_OF_BULK_JOBS = "SELECT request FROM bulk_jobs WHERE ended IS NULL"
DIGESTS_OF_FILES = "SELECT digest FROM files"
GIVEN_ARTIFACTS = "SELECT run, digest FROM artifacts WHERE task_run IS NULL AND run IS NOT NULL"

# --- task runs

ADD_TASK_RUN = _insert("task_runs", TASK_RUN)
ADD_ATTEMPT = _insert("attempts", ATTEMPT)
NEW_ATTEMPT = (
    "UPDATE task_runs SET attempt = :number, attempts = attempts + 1 "
    f"WHERE id = :id AND run = :run AND state = '{State.RUNNING}'"
)
CLOSE_ATTEMPT = "UPDATE attempts SET state = :state, ended = :at, error = :error WHERE task_run = :id AND ended IS NULL"
#: no move of the table: what it had made is gone with the folder in which it was made
BEGIN_AGAIN = (
    f"UPDATE task_runs SET state = '{State.RUNNING}', attempt = :number, attempts = attempts + 1, ended = NULL, "
    "outputs = '{}', output_digest = NULL, used = '{}', properties = '{}', error = NULL "
    f"WHERE id = :id AND run = :run AND state IN ({_words(ENDED)}) AND EXISTS (SELECT 1 FROM task_runs AS around "
    f"WHERE around.run = task_runs.run AND around.address = task_runs.parent AND around.state = '{State.RUNNING}')"
)
FORGET_ARTIFACTS = "DELETE FROM artifacts WHERE task_run = :id"
EVALUATE_LOOP = (
    "UPDATE task_runs SET loop_keys = :keys, loop_values = :values "
    f"WHERE id = :id AND run = :run AND state = '{State.RUNNING}'"
)
#: by the state that it ends with; the condition is the table of moves
END_TASK = {
    target: (
        "UPDATE task_runs SET state = :state, ended = :at, outputs = :outputs, output_digest = :output_digest, "
        "used = :used, properties = :properties, error = :error, metadata = :metadata "
        "WHERE id = :id AND run = :run "
        f"AND state IN ({_words(source for source, targets in MOVES.items() if target in targets)})"
    )
    for target in ENDED
}
#: by the state that it moves to, without ending
MOVE_TASK = {
    target: (
        "UPDATE task_runs SET state = :state, started = COALESCE(started, :started), used = COALESCE(:used, used), "
        "properties = COALESCE(:properties, properties), definition = COALESCE(:definition, definition), "
        "digests = COALESCE(:digests, digests) WHERE id = :id AND run = :run "
        f"AND state IN ({_words(source for source, targets in MOVES.items() if target in targets)})"
    )
    for target in (State.RUNNING, State.PAUSED)
}
ADDRESS_AND_STATE = "SELECT address, state FROM task_runs WHERE id = :id AND run = :run"
STATE_AT = "SELECT state FROM task_runs WHERE run = :run AND address = :address"

_COPIED = tuple(name for name in TASK_RUN if name not in {"id", "run", "action", "attempts", "reused_from", "reason"})
#: what failed is kept in a group that tolerated it
_KEPT = RESULTS | {State.FAILED}
_KEEP = (
    f"INSERT INTO task_runs (id, run, action, attempts, reused_from, reason, {', '.join(_COPIED)}) "
    "SELECT {id}, :run, 'REUSE', 0, COALESCE(o.reused_from, o.id), :reason, "
    f"{', '.join(f'o.{name}' for name in _COPIED)} "
    "FROM {source} JOIN task_runs AS o ON o.id = {origin} "
    f"WHERE o.state IN ({_words(_KEPT)}) {{order}}ON CONFLICT DO NOTHING"
)
#: `:kept` is a JSON object of origins by new ids: each row is read without JSON of its own. `CROSS` keeps SQLite from
#: turning the loops round: the rows come in the order of the object without being sorted, which would take a third of the time
KEEP_SQLITE = _KEEP.format(id="k.key", origin="k.value", source="json_each(:kept) AS k CROSS", order="")
#: two lists
KEEP_POSTGRES = _KEEP.format(
    id="k.id",
    origin="k.origin",
    source="unnest((:ids)::text[], (:origins)::text[]) WITH ORDINALITY AS k(id, origin, n)",
    order="ORDER BY k.n ",
)

#: one that has another name now
KEEP_RENAMED = (
    _KEEP.format(id=":id", origin=":origin", source="(SELECT 1 AS one) AS k", order="")
    .replace("o.address", ":address")
    .replace("o.task,", ":task,")
    .replace("o.parent", ":parent")
)

TASK_RUNS_OF_RUN = _select("task_runs", TASK_RUN, "WHERE run = :run ORDER BY seq")
#: what a list does not show is not read: of a long run, that is most of what there is
_NOT_LISTED = {"digests": "'{}'", "used": "'{}'", "properties": "'{}'", "loop_values": "NULL", "metadata": "NULL"}
TASK_RUNS_IN_SHORT = _select(
    "task_runs", [_NOT_LISTED.get(name, name) for name in TASK_RUN], "WHERE run = :run ORDER BY seq"
)
RESULTS_OF_RUN = _select("task_runs", (*RESULT, "error IS NOT NULL"), "WHERE run = :run ORDER BY seq")
TOOK = (
    "SELECT task, type, AVG(ended - started) FROM task_runs WHERE run = :run AND action = 'RUN' AND ended IS NOT NULL "
    f"AND started IS NOT NULL AND state IN ('{State.SUCCESS}', '{State.WARNING}') GROUP BY task, type"
)
#: what it looked up in the files of namespaces stands among the values that a task run used
USED_FILES = "SELECT id, used FROM task_runs WHERE run = :run AND replace(used, :mark, '') <> used"
#: what a drawing of a run needs: nothing that may be large
BARS_OF_RUN = _select("task_runs", BAR, "WHERE run = :run ORDER BY seq")
DIGESTS_OF_RUN = _select("task_runs", ("id", "digests"), "WHERE run = :run")
GET_TASK_RUN = _select("task_runs", TASK_RUN, "WHERE id = :id")
TASK_RUN_AT = _select("task_runs", TASK_RUN, "WHERE run = :run AND address = :address")
ATTEMPTS = _select("attempts", ATTEMPT, "WHERE task_run = :id ORDER BY number")
#: the runs of a lineage, and those that their tasks called
_AROUND = (
    "SELECT id FROM runs WHERE root = :root UNION "
    "SELECT id FROM runs WHERE parent IN (SELECT id FROM runs WHERE root = :root)"
)
MENTIONS = (
    "SELECT r.id, r.name, t.id, t.address, t.state, t.action, t.reused_from, t.used, "
    "CASE WHEN instr(t.properties, :digest) > 0 THEN 1 ELSE 0 END "
    f"FROM task_runs AS t JOIN runs AS r ON r.id = t.run WHERE t.run IN ({_AROUND}) AND r.deleted IS NULL AND "
    "(t.reused_from = :maker OR instr(t.used, :path) > 0 OR instr(t.properties, :digest) > 0) "
    "ORDER BY r.created, t.run, t.seq LIMIT :limit"
)
TALLIES = (
    "SELECT t.run, t.task, t.action, t.state, COUNT(*), SUM(t.ended - t.started) FROM task_runs AS t "
    "JOIN runs AS r ON r.id = t.run WHERE r.root = :root GROUP BY t.run, t.task, t.action, t.state"
)

# --- events

_NEXT_EVENT = "1 + COALESCE((SELECT MAX(number) FROM events WHERE run = :run), 0)"
ADD_EVENT = (
    "INSERT INTO events (run, number, at, kind, state, address, attempt) "
    f"VALUES (:run, {_NEXT_EVENT}, :at, :kind, :state, :address, :attempt)"
)
#: of a task run that stands in the store
ADD_TASK_EVENT = (
    "INSERT INTO events (run, number, at, kind, state, address, attempt) "
    f"SELECT run, {_NEXT_EVENT}, :at, 'task_run', :state, address, attempt FROM task_runs WHERE id = :id"
)
#: with what is known of the task run that moved
TOLD_AFTER = (
    "SELECT e.number, e.at, e.kind, e.state, e.address, e.attempt, t.task, t.type, t.action, t.state, t.started, t.ended, "
    "t.error FROM events AS e LEFT JOIN task_runs AS t ON t.run = e.run AND t.address = e.address "
    "WHERE e.run = :run AND e.number > :number ORDER BY e.number LIMIT :limit"
)
RUN_EVENTS_SINCE = _select("events", EVENT, "WHERE kind = 'run' AND at >= :at ORDER BY at, run, number LIMIT :limit")
EVENTS_AFTER = _select("events", EVENT, "WHERE run = :run AND number > :number ORDER BY number LIMIT :limit")
LAST_EVENT = "SELECT MAX(number) FROM events WHERE run = :run"
STORY_OF_RUN = "SELECT state FROM events WHERE run = :run AND kind = 'run' ORDER BY number"
STORY_OF_TASK_RUN = (
    "SELECT state FROM events WHERE run = :run AND kind = 'task_run' AND address = :address ORDER BY number"
)

# --- logs

LAST_LINE = "SELECT last_line FROM logs WHERE run = :run ORDER BY first_line DESC LIMIT 1"
APPEND_LOGS = (
    "INSERT INTO logs (run, first_line, last_line, task_run, attempt, lines) "
    "VALUES (:run, :first_line, :last_line, :task_run, :attempt, :lines)"
)
CHUNKS_OF_RUN = "SELECT first_line, last_line, task_run, attempt, lines FROM logs WHERE run = :run ORDER BY first_line"
DELETE_CHUNK = "DELETE FROM logs WHERE run = :run AND first_line = :first_line"
_CHUNKS = (
    "SELECT l.first_line, l.last_line, l.task_run, t.address, l.attempt, l.lines "
    "FROM logs AS l JOIN task_runs AS t ON t.id = l.task_run "
)
#: `:first` bounds where the chunk with the line after `:after` may begin, so that following reads what is new alone
_AFTER = "AND l.first_line >= :first AND l.last_line > :after ORDER BY l.first_line LIMIT :chunks"
LOGS_OF_RUN = f"{_CHUNKS} WHERE l.run = :id {_AFTER}"
LOGS_OF_TASK_RUN = f"{_CHUNKS} WHERE l.task_run = :id {_AFTER}"

# --- artifacts

SAVE_ARTIFACT = _insert("artifacts", ARTIFACT)
GET_ARTIFACT = _select("artifacts", ARTIFACT, "WHERE id = :id")
FIND_ARTIFACTS = _select(
    "artifacts",
    ARTIFACT,
    "WHERE (id >= :prefix AND id < :end) OR (digest >= :prefix AND digest < :end) ORDER BY seq DESC LIMIT :limit",
)
ARTIFACTS_OF_RUN = (
    f"SELECT t.address, {', '.join(f'a.{name}' for name in ARTIFACT)} FROM task_runs AS t "
    "JOIN artifacts AS a ON a.task_run = COALESCE(t.reused_from, t.id) WHERE t.run = :run ORDER BY t.seq, a.seq LIMIT :limit"
)
ARTIFACTS_OF_TASK_RUN = _select("artifacts", ARTIFACT, "WHERE task_run = :id ORDER BY seq")

# --- entries in namespaces

REMOVE_EXPIRED_ENTRIES = "DELETE FROM entries WHERE expires <= :now"
_SET_ENTRY = ", ".join(f"{name} = excluded.{name}" for name in ENTRY if name not in {"namespace", "key", "created"})
SET_ENTRY = (
    f"INSERT INTO entries AS e ({', '.join(ENTRY)}) VALUES ({', '.join(f':{name}' for name in ENTRY)}) "
    f"ON CONFLICT (namespace, key) DO UPDATE SET {_SET_ENTRY}"
)
#: what a task run has set itself it may set again: it is executed once more
ADD_ENTRY = f"{SET_ENTRY} WHERE e.writer = excluded.writer"
CHANGE_ENTRY = (
    f"UPDATE entries SET {', '.join(f'{name} = :{name}' for name in ENTRY if name not in {'namespace', 'key', 'created'})} "
    "WHERE namespace = :namespace AND key = :key AND value = :instead_of"
)
DELETE_ENTRY = "DELETE FROM entries WHERE namespace = :namespace AND key = :key"
_THERE = "(expires IS NULL OR expires > :now)"
_BEGINS = f"key >= :prefix AND key < :end AND {_THERE} ORDER BY namespace, key"
GET_ENTRY = _select("entries", ENTRY, f"WHERE namespace = :namespace AND key = :key AND {_THERE}")
ENTRIES = _select("entries", ENTRY, f"WHERE {_BEGINS}")
ENTRIES_OF_NAMESPACE = _select("entries", ENTRY, f"WHERE namespace = :namespace AND {_BEGINS}")

# --- files of namespaces

PUT_FILE = (
    f"INSERT INTO files AS f ({', '.join(FILE)}) VALUES ({', '.join(f':{name}' for name in FILE)}) "
    "ON CONFLICT (namespace, path) DO UPDATE SET digest = excluded.digest, size = excluded.size, "
    "updated = CASE WHEN f.digest = excluded.digest THEN f.updated ELSE excluded.updated END"
)
#: the same content is no other file
ADD_FILE = f"{PUT_FILE} WHERE f.digest = excluded.digest"
DELETE_FILE = "DELETE FROM files WHERE namespace = :namespace AND path = :path"
_PATH_BEGINS = "path >= :prefix AND path < :end"
GET_FILE = _select("files", FILE, "WHERE namespace = :namespace AND path = :path")
FILE_IN_FOLDER = f"SELECT path FROM files WHERE namespace = :namespace AND {_PATH_BEGINS} ORDER BY path LIMIT 1"
FILES = _select("files", FILE, f"WHERE {_PATH_BEGINS} ORDER BY namespace, path")
FILES_OF_NAMESPACE = _select("files", FILE, f"WHERE namespace = :namespace AND {_PATH_BEGINS} ORDER BY path")
