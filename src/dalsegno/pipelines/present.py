"""The graph of an earlier run in which one step is as it is in this process, and the code that belongs to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.code import collect
from dalsegno.model.binding import bound, reads_of
from dalsegno.model.digest import digest
from dalsegno.model.flow import Flow, Kind, Read, Revision, Task
from dalsegno.model.run import TaskRun
from dalsegno.pipelines.options import PipelineOptions, StepOptions
from dalsegno.pipelines.recording import Recorder, told_name
from dalsegno.service.coded import Coded, with_code_of
from dalsegno.settings import allow_pickle


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the arguments of a step that is run alone, in stored form.

    Parameters
    ----------
    given : those that are given now.
    unreadable : the parameters that are bound to what has no result, or one that is gone.
    """

    given: Mapping[str, Any]
    unreadable: Collection[str]


@dataclass(frozen=True, slots=True)
class Present:
    """A run's graph with a step as it is now.

    Parameters
    ----------
    functions : of this process, by the names that the graph has for them.
    """

    coded: Coded
    functions: Mapping[str, Callable[..., Any]]


def present(step: Any, revision: Revision, task: Task, known: Known, store: ArtifactStore, *, skipped: bool) -> Present:
    """Put a step, as it is here, into the graph of a run.

    Parameters
    ----------
    revision : of the run, with its graph.
    task : the call of the step in it.
    skipped : whether the condition of the call said that it is not to run: now it is asked to.
    """
    recorder = Recorder(PipelineOptions(), store, allow_unsafe=allow_pickle())
    now = _task(recorder, step, task, known, in_loop=_in_loop(revision.flow, task))
    if skipped:
        now = replace(now, run_if=None, digests={name: one for name, one in now.digests.items() if name != "runIf"})
    if str(task.function).partition("#")[0] == now.function:
        recorder.functions[str(task.function)] = step.function
        now = replace(now, function=task.function)
    now = replace(now, definition=task.definition if now.digests == task.digests else digest("definition", now.digests))
    # the pipeline has not ended: what it wants to be told of its end is for its own runs
    ends = dict.fromkeys(revision.flow.hooks.values(), _nothing)
    flow = replace(revision.flow, tasks=tuple(_put(each, now) for each in revision.flow.tasks))
    return Present(_coded(step, revision, flow, (task, now)), {**ends, **recorder.functions})


def unreadable(task: Task, ended: Collection[str], gone: Collection[str]) -> set[str]:
    """Name the parameters that a call binds to what has no result, or to one whose content is gone.

    Parameters
    ----------
    ended : the tasks that have a result.
    gone : the parameters whose values, as they were, are gone.
    """
    reads = {name: _read(value) for name, value in task.properties.items()}
    return {name for name, sources in reads.items() if sources and (name in gone or not sources <= {*ended})}


def ended_tasks(task_runs: Collection[TaskRun]) -> set[str]:
    """Name the tasks that have a result."""
    return {one.task for one in task_runs if one.state.has_result}


def _read(value: Any) -> set[str]:
    return {read.task for read in reads_of(value, {}) if read.task is not None}


def _task(recorder: Recorder, step: Any, task: Task, known: Known, *, in_loop: bool) -> Task:
    """Give the task of a call, with the code, the parameters and the options that the step has now."""
    properties = dict(_properties(recorder, step, task, known))
    options: StepOptions = step.options
    now = recorder.task(task.id, step, properties, options, loop=task.id if in_loop else "")
    kept = {
        name: task.digests[name] for name in ("runIf", "effects") if name in task.digests and name not in now.digests
    }
    # the names of parameters alone say nothing that is not in the reads: these have the loops, too
    lost = {source for name in known.unreadable for source in _read(task.properties[name])}
    left = {source for value in properties.values() for source in _read(value)}
    return replace(
        now,
        reads=tuple(read for read in task.reads if _stays(read, lost, left)),
        inputs=task.inputs,
        digests={**now.digests, **kept},
        place=task.place,
        retry=now.retry or task.retry,
        timeout=now.timeout or task.timeout,
        apart=task.apart if options.isolation is None else now.apart,
        effects=task.effects if options.effects is None else now.effects,
        run_if=task.run_if,
        # it was asked to run
        cache=False,
    )


def _stays(read: Read, lost: Collection[str], left: Collection[str]) -> bool:
    return read.task not in lost or read.task in left


def _properties(recorder: Recorder, step: Any, task: Task, known: Known) -> Iterator[tuple[str, Any]]:
    """Give what its parameters get: as the call had it, or else what is given now, or a default."""
    for name, default in recorder.defaults(step).items():
        if name in task.properties and name not in known.unreadable:
            yield name, task.properties[name]
        elif name in known.given:
            yield name, bound("value", known.given[name])
        else:
            yield name, bound(*next(iter(default.items()))) if default else bound("value", None)


def _in_loop(flow: Flow, task: Task) -> bool:
    return any(task in each.tasks for each in flow.walk() if each.kind is Kind.LOOP)


def _put(task: Task, now: Task) -> Task:
    if task.id == now.id:
        return now
    return replace(task, tasks=tuple(_put(child, now) for child in task.tasks)) if task.tasks else task


def _coded(step: Any, revision: Revision, flow: Flow, calls: tuple[Task, Task]) -> Coded:
    """Give the code of the run, with that of this step as it is now: a revision of its own where that is another."""
    before, now = calls
    if before.digests.get("code") == now.digests["code"] and not now.uncertain and before.hooks == now.hooks:
        return Coded(flow, revision.digest, revision.source, of=revision.number)
    bundle = collect(step)
    names = {str(now.function): told_name(step.function), **{name: name for name in now.hooks.values()}}
    source = json.loads(revision.source)
    others = [part for part in source.get("steps", ()) if not names.keys() & part["functions"].keys()]
    source["steps"] = [*others, {"functions": names, "bundle": bundle.to_json()}]
    made = digest("code", [revision.digest, names, now.digests["code"]])
    # code is that of a function, whichever call has it run
    flow = with_code_of(flow, [replace(flow, tasks=(now,))])
    return Coded(flow, made, json.dumps(source, ensure_ascii=False), bundle.files())


def _nothing(*_: Any) -> None:
    """Do nothing, in the place of a hook."""
