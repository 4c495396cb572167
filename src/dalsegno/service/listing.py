"""What a person asks of a list of runs, as text: checked, with the closest name where one is wrong, and made a filter."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dalsegno.errors import Refusal, closest, did_you_mean
from dalsegno.model.clock import Clock
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.service.finding import find_run
from dalsegno.store.listing import FlowSummary
from dalsegno.store.port import RunFilter, Store

_AGO = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d|w)\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
#: runs of a state are counted so far
COUNTED_TO = 1000


@dataclass(frozen=True, slots=True)
class ListedRuns:
    """Part of a list of runs, and the cursor with which the next part is asked for; `None` where there is none."""

    runs: tuple[Run, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Which runs a list shows, as a person says it. All parts combine.

    Parameters
    ----------
    namespace : with `below` also the namespaces below it.
    flow : `namespace.id`, or the id alone for that of any namespace.
    label : `NAME=VALUE`, each.
    since, until : when they were made; a time (ISO 8601), or how long ago (`30m`, `12h`, `2d`). So are the other times.
    origin, root : a run: its name, id, `last`.
    whole : only runs that did all of their flow.
    deleted : deleted ones too; only with `origin`, `root` or `flow`.
    caller, parent : only what this task run, or this run, called, by id.
    cursor : the `next` of the part before.
    """

    namespace: str | None = None
    flow: str | None = None
    revision: int | None = None
    state: Sequence[str] = ()
    label: Sequence[str] = ()
    since: str | None = None
    until: str | None = None
    started_since: str | None = None
    started_until: str | None = None
    ended_since: str | None = None
    ended_until: str | None = None
    failed_task: str | None = None
    text: str | None = None
    origin: str | None = None
    root: str | None = None
    replayed: bool | None = None
    fixed: bool | None = None
    author: str | None = None
    top: bool = False
    below: bool = True
    whole: bool = False
    deleted: bool = False
    caller: str | None = None
    parent: str | None = None
    limit: int = 50
    cursor: str | None = None


class Listing:
    """Lists runs."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def filter_of(self, query: RunQuery) -> RunFilter:
        """Give the filter that a query means.

        Raises
        ------
        Refusal : a state, a label, a time or a cursor is none; with the closest name.
        """
        namespace, flow = query.namespace, None
        if query.flow is not None:
            namespace, flow = named_flow(query.flow, query.namespace, self._store.flows.all(deleted=True))
        if query.revision is not None and flow is None:
            raise Refusal("a revision is one of a flow: say which with `flow`", code="bad-argument")
        return RunFilter(
            namespace=namespace,
            flow=flow,
            below=query.below and query.namespace is not None and namespace == query.namespace,
            revision=query.revision,
            states=tuple(state_of(text) for text in query.state),
            labels=tuple(_label_of(text) for text in query.label),
            created_from=self._time("since", query.since),
            created_before=self._time("until", query.until),
            started_from=self._time("started_since", query.started_since),
            started_before=self._time("started_until", query.started_until),
            ended_from=self._time("ended_since", query.ended_since),
            ended_before=self._time("ended_until", query.ended_until),
            failed_task=query.failed_task,
            text=query.text,
            origin=self._run_of(query.origin),
            root=self._run_of(query.root),
            replayed=query.replayed,
            fixed=query.fixed,
            author=query.author,
            top=query.top,
            whole=query.whole,
            deleted=query.deleted,
            caller=query.caller,
            parent=query.parent,
            limit=query.limit,
            after=None if query.cursor is None else _place_of(query.cursor),
        )

    def page(self, query: RunQuery) -> ListedRuns:
        """Give part of the list; all of it with `limit` 0, and the newest alone where deleted runs are among them."""
        wanted = self.filter_of(query)
        if not wanted.limit or wanted.deleted:
            return ListedRuns(tuple(self._store.runs.list(wanted)), None)
        found = self._store.runs.page(wanted)
        return ListedRuns(found.runs, None if found.next is None else _cursor_of(found.next))

    def counts(self, query: RunQuery) -> Mapping[str, int]:
        """Count the runs of each state that the query means, whatever its cursor; 1,000 is as many or more."""
        wanted = self.filter_of(query)
        among = wanted.states or tuple(State)
        counted = {
            state.value: self._store.runs.count(replace(wanted, states=(state,), limit=COUNTED_TO, after=None))
            for state in among
        }
        return {state: count for state, count in counted.items() if count}

    def _run_of(self, text: str | None) -> str | None:
        return None if text is None else find_run(self._store, text).id

    def _time(self, name: str, text: str | None) -> float | None:
        if text is None:
            return None
        ago = _AGO.match(text.strip())
        if ago is not None:
            return self._clock.now() - float(ago[1]) * _SECONDS[ago[2]]
        try:
            at = datetime.fromisoformat(text.strip())
        except ValueError:
            message = (
                f"`{name}`: `{text}` is no time; give one such as `2024-05-01T12:00:00Z`, or how long ago, such as `2d`"
            )
            raise Refusal(message, code="bad-argument") from None
        return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()


def named_flow(text: str, space: str | None, known: Sequence[FlowSummary]) -> tuple[str | None, str]:
    """Take `namespace.id` apart, where there is such a flow; a plain id is that of any namespace.

    Parameters
    ----------
    space : the namespace that was named beside it.
    known : all flows, deleted ones too: their runs are still there.

    Raises
    ------
    Refusal : there is none, with the closest; or it is in another namespace.
    """
    namespace, _, flow = text.rpartition(".")
    if not any(each.id == flow and (not namespace or each.namespace == namespace) for each in known):
        names = [*(f"{each.namespace}.{each.id}" for each in known), *(each.id for each in known)]
        near = closest(text, names)
        raise Refusal(f"there is no flow `{text}`{did_you_mean(near)}", code="unknown-flow", closest=near)
    if namespace and space is not None and not f"{namespace}.".startswith(f"{space}."):
        message = f"the flow `{text}` is not in the namespace `{space}`: leave one of them out"
        raise Refusal(message, code="bad-argument")
    return namespace or space, flow


def state_of(text: str) -> State:
    """Give the state of a name. Raises `Refusal` with the closest."""
    try:
        return State(text.upper())
    except ValueError:
        near = closest(text, [state.value for state in State])
        known = did_you_mean(near) or f"; it can be {', '.join(state.value for state in State)}"
        raise Refusal(f"there is no state `{text}`{known}", code="bad-argument", closest=near) from None


def _label_of(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise Refusal(f"`{text}` is no label: write NAME=VALUE, such as `env=prod`", code="bad-argument")
    return name, value


def _cursor_of(place: int) -> str:
    return urlsafe_b64encode(f"1:{place}".encode()).decode().rstrip("=")


def _place_of(cursor: str) -> int:
    try:
        form, _, place = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").partition(":")
        if form == "1":
            return int(place[:19])
    except ValueError:
        pass
    message = f"`{cursor[:40]}` is no cursor: take the `next` of the part before, as it is; none for the first part"
    raise Refusal(message, code="bad-cursor")
