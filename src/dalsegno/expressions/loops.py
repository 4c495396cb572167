"""The functions that look at tasks, and at the items of loops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from dalsegno.expressions.faults import Fault, Missing, describe
from dalsegno.expressions.frame import Frame
from dalsegno.expressions.registry import FUNCTIONS
from dalsegno.expressions.values import is_list, lookup, to_text


@FUNCTIONS.add("currentEachOutput")
def current_each_output(frame: Frame, outputs: Any) -> Any:
    """Give the output that a task inside a loop had for the current item, through all the loops around it."""
    for value in _items_around(frame):
        outputs = lookup(outputs, value, None, None)
    taskrun: Any = frame.variables.get("taskrun")
    if not isinstance(taskrun, Mapping) or "value" not in taskrun:
        raise Fault("`currentEachOutput` only works inside a loop: there is no `taskrun.value` here")
    return lookup(outputs, cast("Mapping[str, Any]", taskrun)["value"], None, None)


def _items_around(frame: Frame) -> Iterator[Any]:
    """Give the items of the loops around the reader's own, the outermost first."""
    parents: Any = frame.variables.get("parents") or []
    for parent in reversed(list(parents)):
        value = ((parent or {}).get("taskrun") or {}).get("value")
        if value is not None:
            yield value


def _iteration(frame: Frame, iteration: Any) -> int:
    taskrun: Any = frame.variables.get("taskrun") or {}
    own = taskrun.get("iteration") if isinstance(taskrun, Mapping) else None
    if own is None:
        raise Fault("it only works inside a loop: there is no `taskrun.iteration` here")
    if iteration is None:
        iteration = own - 1
    if isinstance(iteration, str) and iteration.lstrip("-").isdigit() and len(iteration) < 10:
        iteration = int(iteration)
    if type(iteration) is not int:
        raise Fault(f"an iteration is a whole number, not {describe(iteration)}")
    if iteration < 0:
        raise Fault(f"there is no iteration {iteration}: the first is 0")
    return iteration


def _outputs_of(frame: Frame, task: Any) -> Any:
    """Give the outputs of a task by the items of its innermost loop, inside the reader's own items further out."""
    name = ((frame.variables.get("task") or {}).get("id")) if task is None else task
    outputs: Any = frame.variables.get("outputs") or {}
    found = _known(outputs, name)
    for value in _items_around(frame):
        found = _known(found, value)
    return found


def _known(container: Any, key: Any) -> Any:
    """Look a key up; `None` where it is not there."""
    try:
        return None if container is None else lookup(container, key, None, None)
    except Missing:
        return None


def _value_at(found: Any, iteration: int) -> Any:
    keys = list(found)
    if iteration >= len(keys):
        raise Fault(f"there is no iteration {iteration} yet: the last is {len(keys) - 1}")
    return found[keys[iteration]].get("value")


@FUNCTIONS.add("iterationOutput")
def iteration_output(frame: Frame, task_id: Any = None, iteration: Any = None) -> Any:
    """Give the output `value` that a task had in another iteration, the one before if none is said; null without any."""
    number, found = _iteration(frame, iteration), _outputs_of(frame, task_id)
    return None if found is None else _value_at(found, number)


@FUNCTIONS.add("iterationOutputs")
def iteration_outputs(frame: Frame, iteration: Any = None, task_id: Any = None) -> Any:
    """Give the same, with the arguments the other way round; without any output it fails."""
    number, found = _iteration(frame, iteration), _outputs_of(frame, task_id)
    if found is None:
        raise Fault(
            f"the task `{to_text(task_id)}` has no outputs in these iterations" if task_id else "it has no outputs"
        )
    return _value_at(found, number)


@FUNCTIONS.add("parentOutput")
def parent_output(frame: Frame, index: Any = None) -> Any:
    """Give the outputs of the group around the task; with an index of that one, counted from the outermost group."""
    parents: Any = list(frame.variables.get("parents") or [])
    if index is not None and (type(index) is not int or not 0 <= index < len(parents)):
        raise Fault(f"there is no group {to_text(index)} around this task; there are {len(parents)}, counted from 0")
    parent: Any = frame.variables.get("parent") if index is None else parents[-1 - index]
    outputs: Any = frame.variables.get("outputs") or {}
    name = ((parent or {}).get("task") or {}).get("id")
    value = ((parent or {}).get("taskrun") or {}).get("value")
    found = None if name is None else _known(outputs, name)
    return found if value is None else _known(found, value)


@FUNCTIONS.add("loopOutputs")
def loop_outputs(frame: Frame, outputs: Any, name: Any) -> list[Any]:  # noqa: ARG001 - functions take the frame
    """Give one output of every iteration, out of a list of `{"outputs": {...}}`."""
    if not is_list(outputs):
        raise Fault(f"it takes a list of iterations, not {describe(outputs)}")
    wanted = to_text(name)
    inner = [cast("Mapping[str, Any]", one).get("outputs") if isinstance(one, Mapping) else None for one in outputs]
    return [cast("Mapping[str, Any]", one).get(wanted) if isinstance(one, Mapping) else None for one in inner]


@FUNCTIONS.add("tasksWithState")
def tasks_with_state(frame: Frame, state: Any) -> list[dict[str, Any]]:
    """Give the tasks that are in a state: `taskId`, `state`, and in a loop the item as `value`."""
    wanted = to_text(state).upper()
    tasks: Any = frame.variables.get("tasks") or {}
    return [found for task in tasks for found in _with_state(str(task), tasks[task], wanted)]


def _with_state(task: str, found: Any, wanted: str) -> Iterator[dict[str, Any]]:
    for key in found if isinstance(found, Mapping) else ():
        inner: Any = cast("Mapping[Any, Any]", found)[key]
        if isinstance(inner, Mapping):
            if cast("Mapping[str, Any]", inner).get("state") == wanted:
                yield {"taskId": task, "state": wanted, "value": key}
        elif key == "state" and inner == wanted:
            yield {"taskId": task, "state": wanted}
