"""Records mapped calls of steps: a loop, with one task in it that runs the step for each item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dalsegno.code import digest_of
from dalsegno.model.binding import KEY, bound, property_digest, reads_of
from dalsegno.model.digest import digest
from dalsegno.model.flow import Kind, Read, Task
from dalsegno.pipelines.bindings import Binder, Binding
from dalsegno.pipelines.mapped import ZIP, Unmapped, check_key, check_lengths, check_mapped, is_whole, items_of
from dalsegno.pipelines.options import StepOptions
from dalsegno.pipelines.outputs import Invocation
from dalsegno.pipelines.places import here
from dalsegno.pipelines.recording import Recorder, condition_digest, results

if TYPE_CHECKING:
    from dalsegno.pipelines.step import Step

#: the type of a task that has a step run for each item
MAP = "python.Map"


@dataclass(frozen=True, slots=True)
class Fan:
    """A mapped call of a step.

    Parameters
    ----------
    arguments : by name, those that are not mapped as `Unmapped`.
    mode : whether several sequences go in lockstep, or each item of one with each of the others.
    """

    step: Step[Any]
    arguments: Mapping[str, Any]
    options: StepOptions
    mode: str

    @property
    def mapped(self) -> list[str]:
        """The names of the parameters that are mapped."""
        return [name for name, value in self.arguments.items() if not isinstance(value, Unmapped)]


def fan_out(recorder: Recorder, fan: Fan) -> Any:
    """Record a mapped call.

    Returns
    -------
    what stands for the results of all items, like those of a plain call.

    Raises
    ------
    PipelineInvalid : the call is wrong.
    """
    step, options = fan.step, fan.options
    check_mapped(step, fan.mapped)
    binder = recorder.binder(step.what)
    over = _over(recorder, binder, fan)
    properties = {
        name: bound("item", name) if name in over else {KEY: _whole(recorder, binder, fan, name, default)}
        for name, default in recorder.defaults(step).items()
    }
    condition = recorder.condition(binder, options.run_if)
    whole = _after(recorder, binder, options.after)
    name = recorder.take_id(step, options.id)
    inner = recorder.task(recorder.take_id(step, None, f"{name}_item"), step, properties, options, name)
    loop = _loop(recorder, name, fan, over, inner)
    loop = replace(loop, reads=(*loop.reads, *whole)) if whole else loop
    recorder.add(loop, condition, binder)
    recorder.note(inner.id, options)
    return results(step, Invocation(recorder, name, step.what, inner.id))


def _after(recorder: Recorder, binder: Binder, after: Any) -> list[Read]:
    """Note what a call stands after; give the calls among it that it maps over too, of which it then needs all items."""
    mapped, ordered = set(binder.before), recorder.binder(binder.what)
    recorder.order(ordered, after)
    binder.before.update(ordered.before)
    return [Read(name) for name in ordered.before if name in mapped]


def _whole(recorder: Recorder, binder: Binder, fan: Fan, name: str, default: Binding) -> Binding:
    if name not in fan.arguments:
        return default
    return recorder.argument(binder, fan.step, name, fan.arguments[name].value)


def _over(recorder: Recorder, binder: Binder, fan: Fan) -> dict[str, Binding]:
    """Bind to what is mapped, by parameter; what is there is bound to item by item."""
    items = {
        name: None if is_whole(fan.arguments[name]) else items_of(fan.step, name, fan.arguments[name])
        for name in fan.mapped
    }
    there = {name: len(values) for name, values in items.items() if values is not None}
    if fan.mode == ZIP:
        check_lengths(fan.step, there)
    check_key(fan.step, fan.options.key, next(iter(items.values())))
    return {name: _sequence(recorder, binder, fan, name, values) for name, values in items.items()}


def _sequence(
    recorder: Recorder, binder: Binder, fan: Fan, name: str, items: Sequence[Any] | None
) -> Binding:  # fmt: skip
    if items is None:
        return binder.binding(fan.arguments[name], name)
    return {"list": [recorder.argument(binder, fan.step, name, item) for item in items]}


def _loop(recorder: Recorder, name: str, fan: Fan, over: Mapping[str, Binding], inner: Task) -> Task:
    key, key_digest = _key(recorder, fan.options.key)
    properties = {
        "over": bound("dict", [[parameter, binding] for parameter, binding in over.items()]),
        "mode": bound("value", fan.mode),
        "key": bound("value", key),
    }
    digests = {
        "type": digest("property", MAP),
        "over": property_digest(properties["over"]),
        "mode": property_digest(properties["mode"]),
        "key": key_digest,
        **condition_digest(fan.options.run_if),
    }
    return Task(
        id=name,
        type=MAP,
        kind=Kind.LOOP,
        properties=properties,
        tasks=(inner,),
        reads=tuple(reads_of(properties["over"], {})),
        digests=digests,
        definition=digest("definition", digests),
        description=fan.step.description,
        place=here(),
        raw=tuple(properties),
    )


def _key(recorder: Recorder, key: Any) -> tuple[str | None, str]:
    """Give what items are known by, as it stands in the task, and its digest."""
    if key is None or isinstance(key, str):
        return key, digest("property", key)
    return recorder.function_name(key), digest("property", digest_of(key).digest)
