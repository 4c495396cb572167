"""Runs, steps and their values, as Python users look at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from dalsegno.artifacts.materializers import decode
from dalsegno.engine.invocations import SAVED, TAKEN
from dalsegno.errors import NotFound, closest, did_you_mean
from dalsegno.executors.steps import TOLD_OF
from dalsegno.model.address import parse
from dalsegno.model.run import Artifact, Run, TaskRun
from dalsegno.settings import allow_pickle

if TYPE_CHECKING:
    from dalsegno.client.client import Client
    from dalsegno.model.plan import Plan
    from dalsegno.replay.compare import Comparison
    from dalsegno.store.port import StoredLine


Value = TypeVar("Value")

#: how many steps are shown where a run's steps are printed
_LISTED = 20


class Output:
    """One output of a step. `load` gives its value."""

    def __init__(self, client: Client, task_run: TaskRun, name: str) -> None:
        self._client = client
        self._task_run = task_run
        self.name = name

    def load(self) -> Any:
        """Give the value, as the step gave it; each call makes it anew.

        Raises
        ------
        TaskFailed : it cannot be loaded: its class or its content is gone, or pickle is not allowed.
        """
        return decode(self.form, self._client.values, allow_unsafe=allow_pickle())

    @cached_property
    def artifact(self) -> Artifact | None:
        """What is recorded of it; `None` for a result that a person gave."""
        where = self._task_run.reused_from or self._task_run.id
        found = (one for one in self._client.artifacts_of(where) if one.output == self.name)
        return next(found, None)

    @property
    def id(self) -> str | None:
        """The id by which an override can name it; the one output of a step is named by the id of the step run."""
        if self.artifact is not None:
            return self.artifact.id
        return (self._task_run.reused_from or self._task_run.id) if len(self._task_run.outputs) == 1 else None

    @property
    def form(self) -> Any:
        """The value in its stored form."""
        return self._task_run.outputs[self.name]

    @property
    def summary(self) -> Mapping[str, Any]:
        """What it is, in a few words: type, shape, first rows, size."""
        return {} if self.artifact is None else self.artifact.summary

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the step logged about it."""
        found = self._task_run.metadata.get(TOLD_OF, {}).get(self.name, {})
        store = self._client.values
        return {name: decode(form, store, allow_unsafe=allow_pickle()) for name, form in found.items()}

    def __repr__(self) -> str:
        return f"<Output {self.name} of {self._task_run.address}>"


class Saved(Output):
    """What a step saved beside its outputs."""

    @property
    def form(self) -> Any:
        """The value in its stored form."""
        return self._task_run.metadata[SAVED][self.name]


class _Named(dict[str, Value]):
    """Values by name; a name that is not there is told with the closest."""

    def __init__(self, lacks: str, values: Mapping[str, Value]) -> None:
        super().__init__(values)
        self._lacks = lacks

    def __missing__(self, name: str) -> Value:
        near = closest(name, self)
        hint = did_you_mean(near) or f"; there is {', '.join(f'`{one}`' for one in self) or 'none'}"
        raise NotFound(f"{self._lacks} `{name}`{hint}", code="unknown-output", closest=near)


class StepRun:
    """What became of one step in one run."""

    def __init__(self, client: Client, run: Run, task_run: TaskRun) -> None:
        self._client = client
        self._run = run
        self._task_run = task_run

    @property
    def id(self) -> str:
        """The id of the task run."""
        return self._task_run.id

    @property
    def name(self) -> str:
        """What it is called: the invocation id, and the item of a mapped step, `train[paris]`."""
        return shown_name(self._task_run)

    @property
    def address(self) -> str:
        """The stable name of its task run, as `Client.logs` and `Client.task_run` take it."""
        return self._task_run.address

    @property
    def state(self) -> str:
        """How it ended, or where it is."""
        return self._task_run.state.value

    status = state

    @property
    def attempt(self) -> int:
        """The number of its last attempt; numbers go on over replays."""
        return self._task_run.attempt

    @property
    def action(self) -> str:
        """What the plan did with it: RUN, REUSE, PIN ..."""
        return self._task_run.action.value

    @property
    def reason(self) -> str:
        """Why."""
        return self._task_run.reason

    @property
    def outputs(self) -> Mapping[str, Output]:
        """Its outputs by name."""
        made = {name: Output(self._client, self._task_run, name) for name in self._task_run.outputs}
        return _Named(f"`{self.name}` of {self._run.name} has no output", made)

    @property
    def output(self) -> Output:
        """Its one output. Raises `NotFound` where it has none or several."""
        found = self.outputs
        if len(found) != 1:
            names = ", ".join(f"`{name}`" for name in found) or "none"
            raise NotFound(f"`{self.name}` has not one output: {names}", code="unknown-output")
        return next(iter(found.values()))

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What it logged about itself."""
        found, store = self._task_run.metadata, self._client.values
        return {
            name: decode(form, store, allow_unsafe=allow_pickle())
            for name, form in found.items()
            if name not in (SAVED, TAKEN, TOLD_OF)
        }

    @property
    def taken_from(self) -> str | None:
        """The id of the step run whose result it took, where it has a cache and did not run."""
        return self._task_run.metadata.get(TAKEN)

    @property
    def artifacts(self) -> Mapping[str, Saved]:
        """What it saved beside its outputs, by name."""
        made = {name: Saved(self._client, self._task_run, name) for name in self._task_run.metadata.get(SAVED, {})}
        return _Named(f"`{self.name}` of {self._run.name} saved nothing called", made)

    @property
    def error(self) -> Mapping[str, Any] | None:
        """What went wrong."""
        return self._task_run.error

    @property
    def logs(self) -> list[str]:
        """What it printed and logged, line by line."""
        found = self._client.logs(self._run.id, address=self._task_run.address, limit=1_000_000)
        return [one.line.text for one in found]

    def __repr__(self) -> str:
        return f"<StepRun {self.name} of {self._run.name}: {self.state}>"


class Steps(Mapping[str, StepRun]):
    """The steps of a run by address. A mapped step has one for each item: `train[paris]`."""

    def __init__(self, client: Client, run: Run) -> None:
        found = client.task_runs(run.id)
        self._run = run
        self._steps = {shown_name(each): StepRun(client, run, each) for each in found if each.keys is None}

    def __getitem__(self, name: str) -> StepRun:
        found = self._steps.get(name)
        if found is None:
            near = closest(name, self._steps)
            hint = did_you_mean(near) or f"; it has {', '.join(f'`{one}`' for one in self._steps) or 'none'}"
            raise NotFound(f"{self._run.name} has no step `{name}`{hint}", code="unknown-address", closest=near)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._steps

    def get(self, name: str, default: Any = None) -> Any:
        """Give a step, or the default where there is none of that name."""
        return self._steps.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._steps)

    def __len__(self) -> int:
        return len(self._steps)

    def __repr__(self) -> str:
        listed = [f"{name}: {step.state}" for name, step in islice(self._steps.items(), _LISTED)]
        more = f", and {len(self) - _LISTED:,} more" if len(self) > _LISTED else ""
        return f"<Steps of {self._run.name}: {', '.join(listed)}{more}>"


def shown_name(task_run: TaskRun) -> str:
    """Give what users call a step run: the invocation id, and the item of a mapped step, `train[paris]`."""
    parsed = parse(task_run.address)
    if parsed.items and task_run.task.startswith(f"{parsed.items[-1][0]}_item"):
        return task_run.address.rpartition(".")[0]
    return task_run.address


class PipelineRun:
    """A run of a pipeline."""

    def __init__(self, client: Client, run: Run) -> None:
        self._client = client
        self._run = run

    @property
    def id(self) -> str:
        """Its id."""
        return self._run.id

    @property
    def name(self) -> str:
        """Its name, such as `training_pipeline-3`."""
        return self._run.name

    @property
    def state(self) -> str:
        """How it ended, or where it is."""
        return self._run.state.value

    status = state

    @property
    def attempt(self) -> int:
        """1, and one more for each replay between it and its root."""
        return self._run.attempt

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The values of the pipeline's parameters."""
        store = self._client.values
        return {name: decode(form, store, allow_unsafe=allow_pickle()) for name, form in self._run.inputs.items()}

    @property
    def result(self) -> Any:
        """What the pipeline's function returned, with values in the places of what stood for them; `None` if nothing."""
        if "result" not in self._run.outputs:
            return None
        return decode(self._run.outputs["result"], self._client.values, allow_unsafe=allow_pickle())

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        return self._run.labels

    @property
    def error(self) -> Mapping[str, Any] | None:
        """Why it failed."""
        return self._run.error

    @property
    def model(self) -> Run:
        """All that is recorded of the run itself."""
        return self._run

    @cached_property
    def steps(self) -> Steps:
        """Its steps."""
        return Steps(self._client, self._run)

    @property
    def plan(self) -> Plan:
        """The plan that it executed."""
        return self._client.run_plan(self._run.id)

    @property
    def lineage(self) -> list[PipelineRun]:
        """All runs of its lineage, the root first."""
        return [PipelineRun(self._client, one) for one in self._client.lineage(self._run.id)]

    def compare(self, other: PipelineRun | str) -> Comparison:
        """Compare it with another run: what that did otherwise, and why."""
        return self._client.compare(self._run.id, other if isinstance(other, str) else other.id)

    @property
    def logs(self) -> Sequence[StoredLine]:
        """All that its steps printed and logged."""
        return self._client.logs(self._run.id, limit=1_000_000)

    def resume(
        self,
        *,
        step_input_overrides: Mapping[str, Mapping[str, Any]] | None = None,
        breakpoints: Sequence[str] | str | None = None,
    ) -> PipelineRun:
        """Go on with a run that waits at a breakpoint, with its stored code, and give it as it is then.

        Parameters
        ----------
        step_input_overrides : invocation id -> parameter -> value, which hold from now on.
        breakpoints : in place of the earlier ones; by default those stay.

        Raises
        ------
        Refusal : it does not wait, or what was asked for cannot be done; nothing was written.
        """
        from dalsegno.client.asked import check_asked, names

        given = {"step_input_overrides": step_input_overrides or {}, "breakpoints": breakpoints or ()}
        check_asked(given, given, "`resume`", "argument")
        stops = None if breakpoints is None else names(breakpoints)
        ended = self._client.resume(self._run.id, task_inputs=step_input_overrides, breakpoints=stops)
        return PipelineRun(self._client, ended)

    def refresh(self) -> PipelineRun:
        """Read it again, as it is now."""
        return PipelineRun(self._client, self._client.get_run(self._run.id))

    def __repr__(self) -> str:
        return f"<PipelineRun {self.name}: {self.state}>"
