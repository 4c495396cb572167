"""Records the steps that a pipeline function calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.code import CodeDigest, digest_of
from dalsegno.code.objects import innermost
from dalsegno.code.owned import plain_name
from dalsegno.errors import PipelineInvalid
from dalsegno.model.binding import KEY, property_digest, reads_of
from dalsegno.model.digest import digest
from dalsegno.model.flow import Effects, Read, Task
from dalsegno.model.flow import Retry as RetryConduct
from dalsegno.model.names import TASK_ID
from dalsegno.pipelines.around import Around
from dalsegno.pipelines.artifacts import ExternalArtifact
from dalsegno.pipelines.bindings import Binder, Binding
from dalsegno.pipelines.mapped import Unmapped
from dalsegno.pipelines.options import Hook, PipelineOptions, StepOptions
from dalsegno.pipelines.outputs import Invocation, StepOutput, holds_outputs, invocation_of, name_of
from dalsegno.pipelines.places import here, invalid
from dalsegno.pipelines.retrying import Retry

if TYPE_CHECKING:
    from dalsegno.pipelines.step import Step

#: the type of a task that calls a step
INVOCATION = "python.Invocation"
_TYPE_DIGEST = digest("property", INVOCATION)
#: among the digests of a task these say something else than a parameter of that name
_TAKEN: frozenset[str] = frozenset({"type", "code", "runIf", "effects"})


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
        self.options: dict[str, TaskOptions] = {}
        self._ids: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._codes: dict[int, CodeDigest] = {}
        self._defaults: dict[int, dict[str, Binding]] = {}
        self._chosen: dict[tuple[Any, ...], TaskOptions] = {}
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
        condition = self.condition(binder, options.run_if)
        self.order(binder, options.after)
        task = self.task(self.take_id(step, options.id), step, properties, options)
        self.add(task, condition, binder)
        self.note(task.id, options)
        return results(step, Invocation(self, task.id, step.what))

    def add(self, task: Task, condition: Condition | None, binder: Binder) -> None:
        """Add a task to the flow, with what says whether it runs."""
        if condition is not None:
            task = replace(task, run_if=condition.text, reads=(*task.reads, *condition.reads))
        self.tasks[task.id] = task
        self.depends[task.id] = tuple(binder.before)

    def note(self, task: str, options: StepOptions) -> None:
        """Note what holds for the task that runs a step, beside what the task itself says."""
        cache = self._pipeline.cache if options.cache is None else options.cache
        chosen = (options.isolation, cache, options.on_failure, options.on_success)
        self.options[task] = self._chosen.setdefault(chosen, TaskOptions(*chosen))

    def argument(self, binder: Binder, step: Step[Any], name: str, value: Any) -> Binding:
        """Bind one parameter to what a call gives for it; values are held against the annotation."""
        if holds_outputs(value):
            return binder.binding(value, name)
        if isinstance(value, ExternalArtifact):
            if value.id is not None:
                return {"value": value.form()}
            value = value.value
        if isinstance(value, Around | Unmapped):
            raise _no_value(step, name, value)
        return binder.value(step.signature.convert(name, value), name)

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
        self, id: str, step: Step[Any], properties: Mapping[str, Any], options: StepOptions, loop: str = ""
    ) -> Task:
        """Make the task of one call.

        Parameters
        ----------
        loop : of a mapped step, the id of the loop, which has the call's condition.
        """
        code = self._code(step)
        digests = {"type": _TYPE_DIGEST, "code": code.digest}
        reads: list[Read] = []
        for name, value in properties.items():
            digests[f"parameter {name}" if name in _TAKEN else name] = property_digest(value)
            reads += reads_of(value, {})
        if options.effects is not None:
            digests["effects"] = digest("property", options.effects)
        if not loop:
            digests |= condition_digest(options.run_if)
        return Task(
            id=id,
            type=INVOCATION,
            properties=properties,
            reads=tuple(reads),
            digests=digests,
            definition=digest("definition", digests),
            outputs=step.signature.outputs,
            description=step.description,
            place=here(),
            retry=self._retry(options.retry or self._pipeline.retry),
            timeout=options.timeout,
            effects=Effects(options.effects or Effects.NONE),
            raw=tuple(properties),
            function=self.function_name(step.function),
            uncertain=code.uncertain,
            apart=options.isolation == "process",
            cache=bool(self._pipeline.cache if options.cache is None else options.cache),
            hooks=self.hooks(options.on_failure, options.on_success),
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

    def condition(self, binder: Binder, run_if: Any) -> Condition | None:
        """Give the condition of a call; `None` where it always runs."""
        if run_if is None or run_if is True:
            return None
        if run_if is False:
            return Condition("false", ())
        if type(run_if) is not StepOutput:
            message = f"{binder.what}: `run_if` must be an output of a step, `True` or `False`, not {run_if!r}"
            raise invalid(f"{message}; work the condition out in a step", code="wrong-condition")
        ((kind, (task, name)),) = binder.output(run_if, "run_if").items()
        if kind != "output":
            message = f"{binder.what}: `run_if` was given the outputs of all items of `{invocation_of(run_if).id}`"
            raise invalid(f"{message}; have a step say from them whether to run", code="wrong-condition")
        return Condition(_condition_text(run_if), (Read(task, (), (name,)),))

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

    def hooks(self, on_failure: Hook | None, on_success: Hook | None) -> dict[str, str]:
        """Name the functions that are called at an end, which become known."""
        given = {"failure": on_failure, "success": on_success}
        return {what: self.function_name(hook) for what, hook in given.items() if hook is not None}

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

    def _code(self, step: Step[Any]) -> CodeDigest:
        found = self._codes.get(id(step.function))
        if found is None:
            found = self._codes[id(step.function)] = digest_of(step.function)
        return found

    def _retry(self, retry: Retry | None) -> RetryConduct | None:
        if retry is None:
            return None
        if retry not in self._retries:
            self._retries[retry] = retry.conduct()
        return self._retries[retry]


@dataclass(frozen=True, slots=True)
class Condition:
    """Says whether a call runs: an expression, and what it reads."""

    text: str
    reads: tuple[Read, ...]


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """What holds for the task that runs a step, beside what the task itself says.

    Parameters
    ----------
    isolation : `process`, `inherit`, or `None` where nothing was chosen.
    cache : whether the result of an earlier run may be taken.
    on_failure, on_success : what is called when it has failed for good, and when it has succeeded.
    """

    isolation: str | None = None
    cache: bool | None = None
    on_failure: Hook | None = None
    on_success: Hook | None = None


def condition_digest(run_if: Any) -> dict[str, str]:
    """Give the digest of a condition, as it stands among those of a task; nothing where the task always runs."""
    if run_if is None or run_if is True:
        return {}
    return {"runIf": digest("property", _condition_text(run_if))}


def told_name(function: Any) -> str:
    """Give the name of a function as `module:qualname`."""
    inner = innermost(function)
    inner = getattr(inner, "func", inner)  # of a `functools.partial`
    module = str(getattr(inner, "__module__", None) or "__main__")
    return f"{plain_name(module)}:{getattr(inner, '__qualname__', type(inner).__qualname__)}"


def _no_value(step: Step[Any], name: str, value: Around[Any] | Unmapped) -> PipelineInvalid:
    if isinstance(value, Unmapped):
        message = f"{step.what}: `{name}` was given `unmapped(...)`, which says something only to `.map` and `.product`"
        return invalid(f"{message}; pass the value itself", code="wrong-argument")
    message = f"{step.what}: `{name}` was given {value.what} itself; call it, and pass what the call gives"
    return invalid(message, code="wrong-argument")


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
        return "false"
    parts = (invocation_of(run_if).id, name_of(run_if))
    return "{{ outputs" + "".join(_steps_of(parts)) + " }}"


def _steps_of(parts: tuple[str, ...]) -> Iterator[str]:
    for part in parts:
        yield f".{part}" if part.isidentifier() else f"[{part!r}]"
