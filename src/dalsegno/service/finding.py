"""Finding runs by what people call them."""

from __future__ import annotations

from collections.abc import Mapping

from dalsegno.errors import Ambiguous, NotFound, Refusal, closest, did_you_mean
from dalsegno.model.address import parse
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.state import State
from dalsegno.model.times import iso
from dalsegno.store.port import RunFilter, Store

_LAST = ("last", "last-failed")


def find_run(store: Store, text: str) -> Run:
    """Give a run by id, unique prefix of an id, name, `last` or `last-failed`. One that was deleted is given where no other
    is meant.

    Raises
    ------
    NotFound : there is none; with the closest names.
    Ambiguous : several runs fit; with the list.
    """
    if text in _LAST:
        return _last(store, failed=text == "last-failed")
    found = store.runs.find(text)
    exact = [run for run in found if run.id == text]
    named = [run for run in found if run.name == text]
    found = exact or _rather_kept(named) or _rather_kept(found)
    if not found:
        known = [run.name for run in store.runs.list(RunFilter(limit=200))]
        near = closest(text, [*_LAST, *known])
        hint = did_you_mean(near) or "; `dalsegno runs` lists them"
        raise NotFound(f"there is no run `{text}`{hint}", code="unknown-run", closest=near)
    if len(found) > 1:
        listed = ", ".join(f"`{run.id}` ({run.namespace}, {run.name}, {run.state})" for run in found[:5])
        raise Ambiguous(f"`{text}` fits several runs: {listed}; give more of the id", code="ambiguous-run",
                        closest=[run.id for run in found[:5]])  # fmt: skip
    return found[0]


def _rather_kept(runs: list[Run]) -> list[Run]:
    return [run for run in runs if run.deleted is None] or runs


def refuse_deleted(run: Run, what: str) -> Run:
    """Give the run, unless it was deleted. `what` says what cannot be done any more."""
    if run.deleted is not None:
        raise Refusal(f"{run.name} was deleted on {iso(run.deleted)}: it cannot be {what} any more", code="run-deleted")
    return run


def _last(store: Store, *, failed: bool) -> Run:
    wanted = (
        RunFilter(states=(State.FAILED,), limit=1, top=True) if failed else RunFilter(whole=True, limit=1, top=True)
    )
    found = store.runs.list(wanted)
    if not found:
        raise NotFound("no run has failed yet" if failed else "there is no run yet; `dalsegno run FILE` makes one",
                       code="unknown-run")  # fmt: skip
    return found[0]


def _in_item(store: Store, run: Run, address: str) -> TaskRun | None:
    """Give the task run that an address means which names an item with one task in it, or a key without its quotes."""
    try:
        parsed = parse(address)
    except ValueError:
        return None
    if parsed.task is not None:
        return store.task_runs.at(run.id, str(parsed))
    inside = [result.address for result in store.task_runs.results(run.id) if result.address.startswith(f"{parsed}.")]
    return store.task_runs.at(run.id, inside[0]) if len(inside) == 1 else None


def find_task_run(store: Store, run: Run, address: str) -> TaskRun:
    """Give the task run at an address of a run. Raises `NotFound` with the closest addresses."""
    found = store.task_runs.at(run.id, address) or _in_item(store, run, address)
    if found is None:
        known = [result.address for result in store.task_runs.results(run.id)]
        near = closest(address, known)
        hint = did_you_mean(near) or f"; it has {', '.join(f'`{name}`' for name in known[:8]) or 'no task runs'}"
        raise NotFound(
            f"{run.name} has no task run `{address}`{hint}", code="unknown-address", address=address, closest=near
        )
    return found


def refuse_to_unlabel(run: Run, name: str, given: Mapping[str, str]) -> None:
    """Refuse to take a label from a run that it does not have, or that it is to get."""
    if name in given:
        raise Refusal(f"the label `{name}` is to be given and taken away; say one of both", code="contradiction")
    if name not in run.labels:
        near = closest(name, run.labels)
        said = did_you_mean(near) or ("" if run.labels else "; it has none")
        raise Refusal(f"{run.name} has no label `{name}`{said}", code="unknown-label", closest=near)
