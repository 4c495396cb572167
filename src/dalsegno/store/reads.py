"""The reads, by noun, on whichever database: an adapter gives the function that fetches."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dalsegno.model.files import LOOKED_UP
from dalsegno.model.run import Artifact, Attempt, Event, Result, Run, TaskRun
from dalsegno.model.state import State
from dalsegno.store import rows
from dalsegno.store import statements as sql
from dalsegno.store.jsontext import from_text
from dalsegno.store.lists import Lists
from dalsegno.store.port import Mention, RunFilter, RunPage, StoredLine, Tally, ToldEvent, Wishes
from dalsegno.store.uses import Fetch, digests_in_use

#: lines in one chunk at most
CHUNK = 200

_CHUNKS_READ = 16


class Runs:
    """Runs."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._lists = Lists(fetch)

    def get(self, id: str) -> Run | None:
        return next((rows.run_of(row) for row in self._fetch(sql.GET_RUN, {"run": id})), None)

    def find(self, text: str, limit: int = 10) -> builtins.list[Run]:
        found = self._fetch(sql.FIND_RUNS, {"text": text, "end": text + sql.LAST_CHARACTER, "limit": limit})
        return [rows.run_of(row) for row in found]

    def list(self, filter: RunFilter) -> builtins.list[Run]:
        if filter.deleted:
            columns = {"root": filter.root, "namespace": filter.namespace, "flow": filter.flow}
            given = {name: value for name, value in columns.items() if value is not None}
            return [rows.run_of(row) for row in self._fetch(sql.list_with_deleted(frozenset(given)), given)]
        return [rows.run_of(row) for _, row in self._lists.page(filter)]

    def page(self, filter: RunFilter) -> RunPage:
        found = self._lists.page(replace(filter, limit=filter.limit + 1))
        runs = tuple(rows.run_of(row) for _, row in found[: filter.limit])
        return RunPage(runs, found[filter.limit - 1][0] if len(found) > filter.limit else None)

    def count(self, filter: RunFilter) -> int:
        return len(self._lists.places(filter))

    def newest_ended(self, namespace: str, flow: str, limit: int) -> builtins.list[str]:
        found = self._fetch(sql.NEWEST_ENDED, {"namespace": namespace, "flow": flow, "limit": limit})
        return [run for run, _ in found]

    def queued(self, now: float, limit: int = 1000) -> builtins.list[Run]:
        return [rows.run_of(row) for row in self._fetch(sql.QUEUED, {"now": now, "limit": limit})]

    def handed_over(self, limit: int = 1000) -> builtins.list[Run]:
        return [rows.run_of(row) for row in self._fetch(sql.HANDED_OVER, {"limit": limit})]

    def counts(self, since: float, until: float, states: frozenset[State]) -> dict[tuple[str, str], int]:
        found = self._fetch(sql.count_runs(states), {"since": since, "until": until})
        return {(namespace, flow): count for namespace, flow, count in found}

    def plan(self, id: str) -> bytes | None:
        return next((row[0] for row in self._fetch(sql.GET_PLAN, {"run": id})), None)

    def graph(self, id: str) -> str | None:
        return next((row[0] for row in self._fetch(sql.GET_GRAPH, {"run": id})), None)

    def wishes(self, id: str) -> Wishes:
        found = next((row[0] for row in self._fetch(sql.WISHES, {"run": id})), 0)
        return Wishes(kill=bool(found & sql.KILL), pause=bool(found & sql.PAUSE))


class TaskRuns:
    """Task runs and their attempts."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def of_run(self, run: str) -> list[TaskRun]:
        return [rows.task_run_of(row) for row in self._fetch(sql.TASK_RUNS_OF_RUN, {"run": run})]

    def in_short(self, run: str) -> list[TaskRun]:
        return [rows.task_run_of(row) for row in self._fetch(sql.TASK_RUNS_IN_SHORT, {"run": run})]

    def results(self, run: str) -> list[Result]:
        return rows.results_of(self._fetch(sql.RESULTS_OF_RUN, {"run": run}))

    def bars(self, run: str) -> tuple[Sequence[str], Sequence[rows.Row]]:
        return sql.BAR, self._fetch(sql.BARS_OF_RUN, {"run": run})

    def took(self, run: str) -> Mapping[tuple[str, str], float]:
        return {(task, kind): seconds for task, kind, seconds in self._fetch(sql.TOOK, {"run": run})}

    def used_files(self, run: str) -> Mapping[str, Mapping[str, str]]:
        found = self._fetch(sql.USED_FILES, {"run": run, "mark": f'"{LOOKED_UP}'})
        return {task_run: from_text(used) for task_run, used in found}

    def digests(self, run: str) -> Mapping[str, str]:
        return dict(self._fetch(sql.DIGESTS_OF_RUN, {"run": run}))

    def get(self, id: str) -> TaskRun | None:
        return next((rows.task_run_of(row) for row in self._fetch(sql.GET_TASK_RUN, {"id": id})), None)

    def at(self, run: str, address: str) -> TaskRun | None:
        found = self._fetch(sql.TASK_RUN_AT, {"run": run, "address": address})
        return next((rows.task_run_of(row) for row in found), None)

    def mentions(self, root: str, maker: str, path: str, digest: str, limit: int) -> list[Mention]:
        asked = {"root": root, "maker": maker, "path": path, "digest": digest, "limit": limit}
        return [rows.mention_of(row) for row in self._fetch(sql.MENTIONS, asked)]

    def tallies(self, root: str) -> list[Tally]:
        return [rows.tally_of(row) for row in self._fetch(sql.TALLIES, {"root": root})]

    def attempts(self, task_run: str) -> list[Attempt]:
        return [rows.attempt_of(row) for row in self._fetch(sql.ATTEMPTS, {"id": task_run})]


class Logs:
    """Log lines."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def of_run(self, run: str, after: int = 0, limit: int = 1000) -> list[StoredLine]:
        return self._lines(sql.LOGS_OF_RUN, run, after, limit)

    def of_task_run(self, task_run: str, after: int = 0, limit: int = 1000) -> list[StoredLine]:
        return self._lines(sql.LOGS_OF_TASK_RUN, task_run, after, limit)

    def _lines(self, statement: str, id: str, after: int, limit: int) -> list[StoredLine]:
        lines: list[StoredLine] = []
        while len(lines) < limit:
            parameters = {"id": id, "first": after - CHUNK + 1, "after": after, "chunks": _CHUNKS_READ}
            chunks = self._fetch(statement, parameters)
            for chunk in chunks:
                lines += [line for line in rows.lines_of(chunk) if line.position > after]
            if len(chunks) < _CHUNKS_READ:
                break
            after = lines[-1].position
        return lines[:limit]


class Events:
    """Events."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def after(self, run: str, number: int = 0, limit: int = 1000) -> list[Event]:
        found = self._fetch(sql.EVENTS_AFTER, {"run": run, "number": number, "limit": limit})
        return [rows.event_of(row) for row in found]

    def last(self, run: str) -> int:
        return self._fetch(sql.LAST_EVENT, {"run": run})[0][0] or 0

    def told(self, run: str, number: int = 0, limit: int = 1000) -> list[ToldEvent]:
        found = self._fetch(sql.TOLD_AFTER, {"run": run, "number": number, "limit": limit})
        return [rows.told_of(run, row) for row in found]

    def of_runs(self, since: float, limit: int = 1000) -> list[Event]:
        return [rows.event_of(row) for row in self._fetch(sql.RUN_EVENTS_SINCE, {"at": since, "limit": limit})]


class Artifacts:
    """Records of artifacts."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def get(self, id: str) -> Artifact | None:
        return next((rows.artifact_of(row) for row in self._fetch(sql.GET_ARTIFACT, {"id": id})), None)

    def find(self, prefix: str, limit: int = 10) -> list[Artifact]:
        found = self._fetch(sql.FIND_ARTIFACTS, {"prefix": prefix, "end": prefix + sql.LAST_CHARACTER, "limit": limit})
        return [rows.artifact_of(row) for row in found]

    def of_task_run(self, task_run: str) -> list[Artifact]:
        return [rows.artifact_of(row) for row in self._fetch(sql.ARTIFACTS_OF_TASK_RUN, {"id": task_run})]

    def of_run(self, run: str, limit: int = 1000) -> list[tuple[str, Artifact]]:
        found = self._fetch(sql.ARTIFACTS_OF_RUN, {"run": run, "limit": limit})
        return [(row[0], rows.artifact_of(row[1:])) for row in found]

    def in_use(self, among: frozenset[str], without: frozenset[str] = frozenset()) -> set[str]:
        return digests_in_use(self._fetch, among, without)
