"""What lists filter by: a narrow row for each run that is not deleted, its labels and its words, written with the run.

A run's row bears its `place`: when the run was created, in microseconds, and the next free number where several were created
in the same one. So lists have one order, and a place is a mark in it that stays right while runs come and go.
"""

# ruff: noqa: S608 - what is put together here comes from this module

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dalsegno.model.address import parse
from dalsegno.model.state import ENDED, UNFINISHED, State

if TYPE_CHECKING:
    from dalsegno.model.run import Run
    from dalsegno.store.port import MoveRun
    from dalsegno.store.transaction import Transaction

#: places in one second
A_SECOND = 1_000_000
#: a run that began or ended later than so many seconds after it was made is among the few that are late
LATE_SECONDS = 86_400
#: how all stand together that have not ended: a run that begins moves in no index
OPEN = "OPEN"

_WORD = re.compile(r"[^\W_]+")
_WORDS, _LENGTH, _CHARACTERS = 300, 64, 1_000
#: so much of a label tells it apart; an index takes no text of any length
_LABEL = 200

_COLUMNS = (
    "place", "run", "namespace", "flow", "revision", "state", "stage", "started", "ended", "late", "sub", "whole", "replayed",
    "author", "failed", "fixed",
)  # fmt: skip
_ADD = (
    f"INSERT INTO listed ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)}) "
    "ON CONFLICT (place) DO NOTHING"
)
_NEXT_PLACE = "SELECT MAX(place) + 1 FROM listed WHERE place >= :place AND place < :place + 1000"
_ADD_LABEL = "INSERT INTO listed_labels (name, value, place) VALUES (:name, :value, :place) ON CONFLICT DO NOTHING"
_REMOVE_LABEL = "DELETE FROM listed_labels WHERE name = :name AND value = :value AND place = :place"
_ADD_TEXT = "INSERT INTO listed_texts (place, text) VALUES (:place, :text)"
_MORE_TEXT = "UPDATE listed_texts SET text = text || :text WHERE place = :place"
_PLACE = "SELECT place FROM listed WHERE run = :run"
_REPLAYED = "UPDATE listed SET replayed = 1 WHERE run = :run AND replayed = 0"
_IS_LATE = f"late = CASE WHEN :at > place / {A_SECOND}.0 + {LATE_SECONDS} THEN 1 ELSE late END"
_STATE = "UPDATE listed SET state = :state WHERE run = :run"
_BEGIN = f"UPDATE listed SET state = :state, started = COALESCE(started, :at), {_IS_LATE} WHERE run = :run"
_END = f"UPDATE listed SET state = :state, stage = :state, ended = :at, {_IS_LATE} WHERE run = :run"
_END_UNFINISHED = (
    f"UPDATE listed SET state = :state, stage = :state, ended = :at, {_IS_LATE}, failed = :failed, "
    "fixed = CASE WHEN (SELECT fixed_by FROM runs WHERE id = :run) IS NULL THEN 0 ELSE 1 END WHERE run = :run"
)
_FIXED = (
    "UPDATE listed SET fixed = 1 WHERE fixed = 0 AND run IN (WITH RECURSIVE above (id, origin) AS ("
    "SELECT o.id, o.origin FROM runs AS r JOIN runs AS o ON o.id = r.origin WHERE r.id = :run "
    "UNION SELECT o.id, o.origin FROM above AS a JOIN runs AS o ON o.id = a.origin) SELECT id FROM above)"
)
_REMOVE = tuple(f"DELETE FROM {table} WHERE place = :place" for table in ("listed_texts", "listed"))


def words(texts: Iterable[object]) -> list[str]:
    """Give the words of texts as they are searched by: small letters and digits, each word once."""
    found: dict[str, None] = {}
    for text in texts:
        for word in _WORD.findall(str(text)[:_CHARACTERS].lower()):
            found[word[:_LENGTH]] = None
        if len(found) >= _WORDS:
            break
    return list(found)[:_WORDS]


def label_key(text: str) -> str:
    """Give the name or the value of a label as it is found by."""
    return text[:_LABEL].encode("utf-8", "replace").decode().replace("\0", " ")


def _label(name: str, value: str, place: int) -> dict[str, Any]:
    return {"name": label_key(name), "value": label_key(value), "place": place}


def _stored(texts: Iterable[object]) -> str:
    """Give words as they are stored, with a blank before each: what begins with a word is found with the blank before it."""
    return "".join(f" {word}" for word in words(texts))


def failed_task(error: Mapping[str, Any] | None) -> str | None:
    """Give the id of the task that a run's error names: the one that failed first."""
    address = (error or {}).get("address")
    if not isinstance(address, str):
        return None
    try:
        parsed = parse(address)
    except ValueError:
        return None
    return parsed.task or parsed.items[-1][0]


def stored_words(
    name: str,
    reason: str | None,
    labels: Mapping[str, str],
    inputs: Mapping[str, Any],
    error: Mapping[str, Any] | None,
) -> str:
    """Give the words by which a run is found, as they are stored."""
    scalars = [value for value in inputs.values() if isinstance(value, str | int | float)]
    return _stored([name, reason or "", *_said(error), *_pairs(labels), *scalars])


def _said(error: Mapping[str, Any] | None) -> list[object]:
    return [(error or {}).get("message") or ""]


def _pairs(labels: Mapping[str, str]) -> list[object]:
    return [*labels, *labels.values()]


def add_listed(run: Run) -> Callable[[Transaction, str], None]:
    """Give what lists a new run under the name that it got."""
    ended = run.state.ended
    row: dict[str, Any] = {
        "run": run.id, "namespace": run.namespace, "flow": run.flow, "revision": run.revision, "state": run.state.value,
        "stage": run.state.value if ended else OPEN, "started": run.started, "ended": run.ended,
        "late": int(max(run.started or 0.0, run.ended or 0.0) > run.created + LATE_SECONDS),
        "sub": int(run.caller is not None), "whole": int(run.whole), "replayed": 0, "author": run.author,
        "failed": failed_task(run.error) if run.state in UNFINISHED else None,
        "fixed": int(run.fixed_by is not None) if run.state in UNFINISHED else None,
    }  # fmt: skip
    begin = int(run.created * A_SECOND)

    def add(transaction: Transaction, name: str) -> None:
        place = begin
        while not transaction.change(_ADD, {**row, "place": place}):
            place = transaction.fetch(_NEXT_PLACE, {"place": place})[0][0]
        for label, value in run.labels.items():
            transaction.change(_ADD_LABEL, _label(label, value, place))
        transaction.change(
            _ADD_TEXT, {"place": place, "text": stored_words(name, run.reason, run.labels, run.inputs, run.error)}
        )
        if run.origin is not None:
            transaction.change(_REPLAYED, {"run": run.origin})

    return add


def move_listed(write: MoveRun) -> Callable[[Transaction], None]:
    """Give what follows the move of a run."""
    row = {"run": write.run, "state": write.to.value, "at": write.at}
    if write.to not in ENDED:
        statement = _BEGIN if write.to is State.RUNNING else _STATE
        row = {name: row[name] for name in (("run", "state", "at") if write.to is State.RUNNING else ("run", "state"))}
    elif write.to in UNFINISHED:
        statement, row = _END_UNFINISHED, {**row, "failed": failed_task(write.error)}
    else:
        statement = _END
    more = _stored(_said(write.error))

    def moved(transaction: Transaction) -> None:
        transaction.change(statement, row)
        if more:
            _say_more(transaction, write.run, more)

    return moved


def list_state(transaction: Transaction, run: str, state: State) -> None:
    """Note another state of a run that has not ended."""
    transaction.change(_STATE, {"run": run, "state": state.value})


def list_fixed(transaction: Transaction, run: str) -> None:
    """Note that a run has fixed those above it."""
    transaction.change(_FIXED, {"run": run})


def relabel_listed(
    transaction: Transaction, run: str, before: Mapping[str, str], added: Mapping[str, str], removed: Iterable[str]
) -> None:
    """Note labels that a run got, or lost, on the way. It is still found by the words of those that it lost."""
    for (place,) in transaction.fetch(_PLACE, {"run": run}):
        for name in before.keys() & {*added, *removed}:
            transaction.change(_REMOVE_LABEL, _label(name, before[name], place))
        for name, value in added.items():
            transaction.change(_ADD_LABEL, _label(name, value, place))
    _say_more(transaction, run, _stored(_pairs(added)))


def remove_listed(transaction: Transaction, run: str, labels: Mapping[str, str]) -> None:
    """Take a deleted run off the lists."""
    for (place,) in transaction.fetch(_PLACE, {"run": run}):
        for name, value in labels.items():
            transaction.change(_REMOVE_LABEL, _label(name, value, place))
        for statement in _REMOVE:
            transaction.change(statement, {"place": place})


def _say_more(transaction: Transaction, run: str, text: str) -> None:
    for (place,) in transaction.fetch(_PLACE, {"run": run}):
        transaction.change(_MORE_TEXT, {"place": place, "text": text})
