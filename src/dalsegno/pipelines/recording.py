"""Records the steps that a pipeline function calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.code import digest_of
from dalsegno.code.objects import innermost
from dalsegno.code.owned import plain_name
from dalsegno.model.binding import KEY, reads_of
from dalsegno.model.digest import digest
from dalsegno.model.flow import Effects, Kind, Place, Read, Task
from dalsegno.model.flow import Retry as RetryConduct
from dalsegno.model.names import TASK_ID
from dalsegno.pipelines.bindings import Binder, Binding, property_digest
from dalsegno.pipelines.options import PipelineOptions, StepOptions
from dalsegno.pipelines.outputs import Invocation, StepOutput, holds_outputs, invocation_of, name_of
from dalsegno.pipelines.places import invalid, users_line
from dalsegno.pipelines.retrying import Retry

if TYPE_CHECKING:
    from dalsegno.pipelines.step import Step

#: the type of a task that calls a step
INVOCATION = "python.Invocation"
_TYPE_DIGEST = digest("property", INVOCATION)
#: among the digests of a task these say something else than a parameter of that name
_TAKEN = frozenset({"type", "code", "runIf", "effects"})


class Recorder:
    """The graph of one call of a pipeline, as far as it has been recorded.

    Parameters
    ----------
    pipeline : what was chosen for the pipeline.
    store : where values go that do not stand in the graph itself.
    """

    def __init__(self, pipeline: PipelineOptions, store: ArtifactStore, *, allow_unsafe: bool) -> None:
        self._pipeline = pipeline
        self._store = store
        self._allow_unsafe = allow_unsafe
        #: all tasks of the flow itself, by id, in the order of the calls
        self.tasks: dict[str, Task] = {}
        #: what each of them stands after
        self.depends: dict[str, tuple[str, ...]] = {}
        #: the user's functions, by the names that tasks have for them
        self.functions: dict[str, Any] = {}
        #: what holds for each call, by the id of the task that runs the step
        self.options: dict[str, StepOptions] = {}
        self._ids: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._codes: dict[int, str] = {}
        self._defaults: dict[int, dict[str, Binding]] = {}
        self._retries: dict[Retry, RetryConduct | None] = {}

    def binder(self, what: str) -> Binder:
        """Give what makes bindings for one call."""
        return Binder(self, self._store, self._allow_unsafe, what)

    def call(self, step: Step[Any], arguments: Mapping[str, Any], options: StepOptions) -> Any:
        """Record a call of a step.

        Parameters
        ----------
        arguments : by name, without those that are left to their defaults.
        options : what was chosen for the step and for this call.

        Returns
        -------
        what stands for the step's results: one output, a tuple of several, or the call where there are none.

        Raises
        ------
        PipelineInvalid : the call is wrong.
        """
        binder = self.binder(step.what)
        properties = {
            name: {KEY: self.argument(binder, step, name, arguments[name]) if name in arguments else default}
            for name, default in self.defaults(step).items()
        }
        run_if, reads = self.condition(binder, options.run_if)
        self.order(binder, options.after)
        task = self.task(self.take_id(step, options.id), step, properties, options)
        if run_if is not None:
            task = replace(task, run_if=run_if, reads=(*task.reads, *reads))
        self.add(task, binder, options, task.id)
        return results(step, Invocation(self, task.id, step.what))

    def add(self, task: Task, binder: Binder, options: StepOptions, worker: str) -> None:
        """Add a task to the flow.

        Parameters
        ----------
        worker : the id of the task that runs the step.
        """
        self.tasks[task.id] = task
        self.depends[task.id] = tuple(binder.before)
        self.options[worker] = self._effective(options)

    def argument(self, binder: Binder, step: Step[Any], name: str, value: Any, wanted: Any = None) -> Binding:
        """Bind one parameter to what a call gives for it; values are held against the annotation."""
        if holds_outputs(value) or type(value) is Invocation:
            return binder.binding(value, name)
        self._check_value(step, name, value)
        signature = step.signature
        converted = signature.convert(name, value) if wanted is None else signature.convert(name, value, wanted)
        return binder.value(converted, name)

    def _check_value(self, step: Step[Any], name: str, value: Any) -> None:
        from dalsegno.pipelines.step import Step as _Step

        if isinstance(value, _Step):
            message = f"{step.what}: `{name}` was given {cast('Step[Any]', value).what} itself"
            raise invalid(f"{message}; call it, and pass what the call gives", code="wrong-argument")

    def defaults(self, step: Step[Any]) -> Mapping[str, Binding]:
        """Give the bindings of all parameters of a step by name, where they are left to their defaults."""
        found = self._defaults.get(id(step.function))
        if found is None:
            binder, missing = self.binder(step.what), step.signature.python.empty
            found = self._defaults[id(step.function)] = {
                name: {} if default is missing else binder.value(default, name)
                for name, default in step.signature.defaults.items()
            }
        return found

    def task(
        self, id: str, step: Step[Any], properties: Mapping[str, Any], options: StepOptions,
        loops: Mapping[str, int] | None = None,
    ) -> Task:  # fmt: skip
        """Make the task of one call."""
        digests = {"type": _TYPE_DIGEST, "code": self._code(step)}
        reads: list[Read] = []
        for name, value in properties.items():
            digests[f"parameter {name}" if name in _TAKEN else name] = property_digest(value)
            reads += reads_of(value, loops or {})
        if options.effects is not None:
            digests["effects"] = digest("property", options.effects)
        if options.run_if is not None:
            digests["runIf"] = digest("property", _condition_text(options.run_if))
        return Task(
            id=id,
            type=INVOCATION,
            properties=properties,
            reads=tuple(reads),
            digests=digests,
            definition=digest("definition", digests),
            outputs=step.signature.outputs,
            description=step.description,
            place=Place(users_line(), 1),
            retry=self._retry(options.retry or self._pipeline.retry),
            timeout=options.timeout,
            effects=Effects(options.effects or Effects.NONE),
            raw=tuple(properties),
            function=self.function_name(step.function),
        )

    def take_id(self, step: Step[Any], wanted: str | None, name: str | None = None) -> str:
        """Give a task its id: the one that the call names, or the step's name, with a number where it is taken."""
        if wanted is not None:
            complaint = TASK_ID.complaint(wanted)
            if complaint is not None:
                raise invalid(f"{step.what}: the id `{wanted}` {complaint}", code="bad-id")
            if wanted in self._ids:
                raise invalid(f"{step.what}: there is a call `{wanted}` in this pipeline already", code="duplicate-id")
            self._ids.add(wanted)
            return wanted
        name = name or step.name
        number = self._numbers.get(name, 0) + 1
        while (found := name if number == 1 else f"{name}_{number}") in self._ids:
            number += 1
        self._numbers[name] = number
        self._ids.add(found)
        return found

    def condition(self, binder: Binder, run_if: Any) -> tuple[str | None, tuple[Read, ...]]:
        """Give the condition of a call as an expression, and what it reads."""
        if run_if is None or run_if is True:
            return None, ()
        if run_if is False:
            return "false", ()
        if type(run_if) is not StepOutput:
            message = f"{binder.what}: `run_if` must be an output of a step, `True` or `False`, not {run_if!r}"
            raise invalid(f"{message}; work the condition out in a step", code="wrong-condition")
        ((kind, (task, name)),) = binder.output(run_if, "run_if").items()
        if kind != "output":
            message = f"{binder.what}: `run_if` was given the outputs of all items of `{task}`"
            raise invalid(f"{message}; have a step say from them whether to run", code="wrong-condition")
        return _condition_text(run_if), (Read(task, (), (name,)),)

    def order(self, binder: Binder, after: Any) -> None:
        """Note what a call stands after without reading it."""
        if after is None:
            return
        if isinstance(after, str):
            if after not in self.tasks:
                message = f"{binder.what}: `after` names `{after}`, and nothing of that name was called before"
                raise invalid(message, code="unknown-step", name=after, known=self.tasks)
            binder.before[after] = None
        elif isinstance(after, list | tuple | set | frozenset):
            for one in cast("list[Any]", after):
                self.order(binder, one)
        else:
            self._order_of(binder, after)

    def _order_of(self, binder: Binder, after: Any) -> None:
        invocation = invocation_of(after) if type(after) is StepOutput else after
        if type(invocation) is not Invocation:
            message = f"{binder.what}: `after` takes what calls of steps gave, or their ids, not {after!r}"
            raise invalid(message, code="wrong-order")
        if invocation.recorder is not self:
            message = f"{binder.what}: `after` was given {invocation.told} of another call of a pipeline"
            raise invalid(message, code="foreign-output")
        binder.before[invocation.id] = None

    def function_name(self, function: Any) -> str:
        """Give the name of a function, which becomes known under it; another one of the same name gets a number."""
        name = self._names.get(id(function))
        if name is None:
            first = told_name(function)
            name, number = first, 1
            while name in self.functions:
                number += 1
                name = f"{first}#{number}"
            self.functions[name] = function
            self._names[id(function)] = name
        return name

    def _code(self, step: Step[Any]) -> str:
        found = self._codes.get(id(step.function))
        if found is None:
            found = self._codes[id(step.function)] = digest_of(step.function).digest
        return found

    def _retry(self, retry: Retry | None) -> RetryConduct | None:
        if retry is None:
            return None
        if retry not in self._retries:
            self._retries[retry] = retry.conduct()
        return self._retries[retry]

    def _effective(self, options: StepOptions) -> StepOptions:
        if options.cache is not None or self._pipeline.cache is None:
            return options
        return replace(options, cache=self._pipeline.cache)


def told_name(function: Any) -> str:
    """Give the name of a function as `module:qualname`."""
    inner = innermost(function)
    inner = getattr(inner, "func", inner)  # of a `functools.partial`
    module = str(getattr(inner, "__module__", None) or "__main__")
    return f"{plain_name(module)}:{getattr(inner, '__qualname__', type(inner).__qualname__)}"


def results(step: Step[Any], invocation: Invocation) -> Any:
    """Give what stands for the results of a call."""
    names = step.signature.outputs
    if not names:
        return invocation
    if step.signature.returns_tuple:
        return tuple([StepOutput(invocation, name) for name in names])
    return StepOutput(invocation, names[0])


def _condition_text(run_if: Any) -> str:
    if type(run_if) is not StepOutput:
        return "true" if run_if else "false"
    parts = (invocation_of(run_if).id, name_of(run_if))
    return "{{ outputs" + "".join(_steps_of(parts)) + " }}"


def _steps_of(parts: tuple[str, ...]) -> Iterator[str]:
    for part in parts:
        yield f".{part}" if part.isidentifier() else f"[{part!r}]"


__all__ = ["INVOCATION", "Kind", "Recorder", "results", "told_name"]
