"""The SQL of bulk replays."""

# ruff: noqa: S608 - what is put together here comes from this module and the table of moves

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dalsegno.model.bulk import RowState
from dalsegno.model.state import ENDED_WELL, UNFINISHED, State

JOB = (
    "id", "name", "state", "why", "created", "started", "ended", "author", "hosted", "approved", "forgiven_ended",
    "forgiven_failed", "first_failed", "fixed_too", "pace", "request", "selection", "lease_owner",
)  # fmt: skip

#: a row as it is stored says whether its turn has been; what came of its replay is what became of that run
_STORED = "WAITING"
MADE = "MADE"

#: the namespace of no run: its numbers are those of bulk replays
NUMBERED = {"namespace": "", "flow": "bulk"}

ADD_JOB = (
    f"INSERT INTO bulk_jobs ({', '.join(name for name in JOB if name != 'lease_owner')}, lease_number) "
    f"VALUES ({', '.join(f':{name}' for name in JOB if name != 'lease_owner')}, 0) ON CONFLICT DO NOTHING"
)
ADD_ROW = (
    "INSERT INTO bulk_rows (job, position, origin, state, code, why) "
    "VALUES (:job, :position, :origin, :state, :code, :why) ON CONFLICT DO NOTHING"
)
NAME_AND_STATE = "SELECT name, state FROM bulk_jobs WHERE id = :job"
#: `:expected` is a list in JSON, of words that cannot stand inside each other's quotes
MOVE = (
    "UPDATE bulk_jobs SET state = :state, why = :why, started = COALESCE(started, :started), ended = :ended, "
    "approved = CASE WHEN :approved = 1 THEN 1 ELSE approved END, hosted = COALESCE(:hosted, hosted), "
    "forgiven_ended = COALESCE(:forgiven_ended, forgiven_ended), "
    "forgiven_failed = COALESCE(:forgiven_failed, forgiven_failed) "
    "WHERE id = :job AND replace(:expected, '\"' || state || '\"', '') <> :expected"
)
#: touches the job's row, so that it stays as it is until the commit ends
HOLD = (
    "UPDATE bulk_jobs SET started = COALESCE(started, :at) WHERE id = :job AND lease_number = :number "
    "AND lease_owner IS NOT NULL"
)
ROW_MADE = (
    f"UPDATE bulk_rows SET state = '{MADE}', replay = :replay, at = :at "
    f"WHERE job = :job AND position = :position AND state = '{_STORED}'"
)
ROW_PASSED = (
    "UPDATE bulk_rows SET state = :state, code = :code, why = :why, at = :at "
    f"WHERE job = :job AND position = :position AND state = '{_STORED}'"
)

# --- the lease

READ_LEASE = "SELECT lease_number, lease_owner FROM bulk_jobs WHERE id = :job"
TAKE_LEASE = (
    "UPDATE bulk_jobs SET lease_number = lease_number + 1, lease_owner = :owner, lease_beat = :now WHERE id = :job "
    "RETURNING lease_number"
)
TAKE_EXPIRED_LEASE = (
    "UPDATE bulk_jobs SET lease_number = lease_number + 1, lease_owner = :owner, lease_beat = :now WHERE id = :job "
    "AND (lease_owner IS NULL OR lease_beat < :expired) RETURNING lease_number"
)
BEAT = (
    "UPDATE bulk_jobs SET lease_beat = :now WHERE id = :job AND lease_number = :number AND lease_owner IS NOT NULL "
    "RETURNING lease_number"
)
RELEASE = "UPDATE bulk_jobs SET lease_owner = NULL, lease_beat = NULL WHERE id = :job AND lease_number = :number"

# --- reads

_JOBS = f"SELECT {', '.join(JOB)} FROM bulk_jobs"
GET_JOB = f"{_JOBS} WHERE id = :job"
FIND_JOBS = f"{_JOBS} WHERE name = :text OR (id >= :text AND id < :end) ORDER BY created DESC, id DESC LIMIT :limit"
JOBS = f"{_JOBS} ORDER BY created DESC, id DESC LIMIT :limit"
JOBS_BEFORE = (
    f"{_JOBS} WHERE created < :created OR (created = :created AND id < :id) ORDER BY created DESC, id DESC LIMIT :limit"
)
HOSTED_JOBS = f"{_JOBS} WHERE hosted = 1 AND state = 'RUNNING' ORDER BY created, id"


def _words(states: Iterable[State]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


#: a replay that failed and was made again as its flow says, and ended well then, counts as having done so
_SUCCEEDED = f"(r.state IN ({_words(ENDED_WELL)}) OR r.fixed_by IS NOT NULL)"
_FAILED = f"(r.state IN ({_words(UNFINISHED)}) AND r.fixed_by IS NULL)"
_PAUSED = f"(r.state = '{State.PAUSED}')"
_CONDITIONS: Mapping[RowState, str] = {
    RowState.WAITING: f"b.state = '{_STORED}'",
    RowState.RUNNING: f"b.state = '{MADE}' AND NOT {_SUCCEEDED} AND NOT {_FAILED} AND NOT {_PAUSED}",
    RowState.PAUSED: f"b.state = '{MADE}' AND {_PAUSED} AND NOT {_SUCCEEDED}",
    RowState.SUCCEEDED: f"b.state = '{MADE}' AND {_SUCCEEDED}",
    RowState.FAILED: f"b.state = '{MADE}' AND {_FAILED}",
    RowState.REFUSED: f"b.state = '{RowState.REFUSED}'",
    RowState.SKIPPED: f"b.state = '{RowState.SKIPPED}'",
}
TALLY = (
    "SELECT b.state, r.state, r.fixed_by IS NOT NULL, COUNT(*) FROM bulk_rows AS b LEFT JOIN runs AS r ON r.id = b.replay "
    "WHERE b.job = :job GROUP BY 1, 2, 3"
)
_ROWS = (
    "SELECT b.position, b.origin, o.name, b.state, b.replay, r.name, r.state, r.fixed_by, b.code, b.why, b.at, r.error "
    "FROM bulk_rows AS b LEFT JOIN runs AS o ON o.id = b.origin LEFT JOIN runs AS r ON r.id = b.replay WHERE b.job = :job"
)
NEXT_ROW = f"{_ROWS} AND b.state = '{_STORED}' ORDER BY b.position LIMIT 1"


def rows_in(states: frozenset[RowState]) -> str:
    """Give the statement that reads the rows of a job, of some states alone where any is named."""
    wanted = " OR ".join(f"({_CONDITIONS[state]})" for state in sorted(states))
    among = f"AND ({wanted}) " if wanted else ""
    return f"{_ROWS} AND b.position > :after {among}ORDER BY b.position LIMIT :limit"
