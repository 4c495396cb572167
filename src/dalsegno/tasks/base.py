"""What a task type is made of.

    class Double(TaskType):
        \"\"\"Double a number.\"\"\"

        number: int

        class Output(TaskOutput):
            value: int

        def run(self, context: TaskContext) -> Output:
            return self.Output(value=self.number * 2)

Fields are the properties, rendered before the model is made: a text that is one expression gives its value, other texts
give text. Fields of text use `Text`, maps and lists that may come as JSON text use `JsonMap` and `JsonList`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, BinaryIO, ClassVar, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict

from dalsegno.errors import DalSegnoError
from dalsegno.model.address import scalar_text
from dalsegno.model.flow import Effects, Kind
from dalsegno.model.kv import Entry, ValueType


def to_text(value: Any) -> Any:
    """Give the text of a rendered value: scalars as expressions show them, maps and lists as JSON."""
    if value is None or isinstance(value, str):
        return value
    text = scalar_text(value)
    return text if text is not None else json.dumps(value, ensure_ascii=False, default=str)


def from_json_text(value: Any) -> Any:
    """Read a map or list that came as JSON text; leave everything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def texts(value: Any) -> Any:
    """Read a list that came as JSON text; a text alone is a list of one."""
    value = from_json_text(value)
    return [value] if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(to_text)]
#: texts, or one text
TextList = Annotated[list[Text], BeforeValidator(texts)]
JsonMap = Annotated[dict[str, Any], BeforeValidator(from_json_text)]
JsonList = Annotated[list[Any], BeforeValidator(from_json_text)]


class TaskOutput(BaseModel):
    """Base of the typed outputs. A type without outputs returns `None`."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TaskLog(Protocol):
    """Where a task writes lines."""

    def debug(self, text: str) -> None: ...
    def info(self, text: str) -> None: ...
    def warning(self, text: str) -> None: ...
    def error(self, text: str) -> None: ...

    def stream(self, name: Literal["stdout", "stderr"], text: str) -> None:
        """Add a line that a script wrote."""
        ...


class TaskFiles(Protocol):
    """Files of the artifact store, as a task sees them."""

    def open(self, uri: str) -> BinaryIO:
        """Open a stored file (`dalsegno://...`) for reading. Raises `TaskFailed` if it is no stored file or gone."""
        ...

    def path(self, uri: str) -> Path:
        """Give a local, read-only path of a stored file. Raises `TaskFailed` likewise."""
        ...

    def exists(self, uri: str) -> bool:
        """Whether a stored file is there. Raises `TaskFailed` if it is no stored file."""
        ...

    def made(self) -> list[str]:
        """Give the URIs of the files that tasks of the run have made so far; not those that a replay has kept."""
        ...

    def remove(self, uris: Sequence[str]) -> list[str]:
        """Remove the content of files that only this run needs, and that it was not given; give those that were removed."""
        ...

    def new(self, suffix: str = "") -> Path:
        """Give a path for a new file in scratch space; it is removed with the attempt unless it is stored."""
        ...

    def store(self, path: Path, name: str) -> str:
        """Store a file made at a path from `new` (it is moved) and give its URI. `name` is for people."""
        ...


class TaskRuns(Protocol):
    """Runs, its own and others, as a task sees them. A run is named by its id, a unique prefix of it, or its name."""

    def count(self, since: float, until: float, states: Sequence[str]) -> Mapping[tuple[str, str], int]:
        """Count the runs of each flow that were created in a time, by namespace and id; without states those in any."""
        ...

    def lines(self, run: str | None) -> Iterator[Mapping[str, Any]]:
        """Give the log lines of a run, of the task's own by default, oldest first, as rows with Kestra's names."""
        ...

    def purge_lines(
        self,
        until: float,
        *,
        since: float,
        levels: Sequence[str],
        namespace: str | None,
        flow: str | None,
        run: str | None,
    ) -> int:
        """Drop log lines that were written in a time, of these levels (or all), and tell how many.

        They are those of one run, or of all runs of a flow, or in a namespace and those below it, or everywhere.
        """
        ...

    def resume(self, run: str, answers: Mapping[str, Any]) -> tuple[str, str]:
        """Resume another run that waits, and execute it here; give its id, and its state then."""
        ...

    def paused(self, namespace: str, flow: str) -> str:
        """Give the id of the newest run of a flow that waits. Raises `Refusal` if none does."""
        ...


class TaskEntries(Protocol):
    """Values by key in namespaces, as a task sees them. Without a namespace, that of the flow is meant."""

    def find(self, key: str, namespace: str | None = None) -> Entry | None:
        """Give the entry of a key: without a namespace in the flow's, or else in the nearest one above that has it."""
        ...

    def keys(self, namespace: str | None = None, prefix: str = "") -> list[str]:
        """Give the keys that begin with `prefix`, in order."""
        ...

    def set(
        self,
        key: str,
        value: Any,
        *,
        namespace: str | None = None,
        type: ValueType | None = None,
        ttl: timedelta | None = None,
        description: str | None = None,
        overwrite: bool = True,
    ) -> None:
        """Set a value, at once. Raises `Refusal` if it cannot be taken, or is not to replace what is there."""
        ...

    def change(self, key: str, change: Callable[[Entry | None], Any]) -> Entry:
        """Replace a value of the flow's namespace by one made from it; `change` is called again where another was faster."""
        ...

    def delete(self, key: str, namespace: str | None = None) -> bool:
        """Remove a key, and tell whether it was there."""
        ...

    def missing(self, key: str, namespace: str | None = None) -> DalSegnoError:
        """Give the error that says that a key has no value, with the closest keys."""
        ...


class TaskNamespaceFiles(Protocol):
    """Files of namespaces, as a task sees them. Without a namespace, that of the flow is meant."""

    def chosen(
        self, include: Sequence[str] = (), exclude: Sequence[str] = (), *, namespace: str | None = None
    ) -> Mapping[str, str]:
        """Give the URIs of the files that patterns choose, by path; without `include` all that `exclude` does not name.

        A replay that asks what has changed finds a change in them.
        """
        ...

    def put(
        self,
        files: Mapping[str, str],
        *,
        namespace: str | None = None,
        conflict: Literal["OVERWRITE", "ERROR", "SKIP"] = "OVERWRITE",
    ) -> Mapping[str, str]:
        """Put stored files at paths, at once and all of them or none; give the URIs of those that were put, by path."""
        ...

    def delete(self, include: Sequence[str], *, namespace: str | None = None) -> Mapping[str, str]:
        """Remove the files that patterns choose, and give the URIs of what they held, by path."""
        ...


class CalledRun(Protocol):
    """A run that a task called: the end of it, as far as it was waited for."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def outputs(self) -> Mapping[str, Any]: ...
    @property
    def error(self) -> Mapping[str, Any] | None: ...


class TaskContext(Protocol):
    """What a running task may use: its log, stored files, values by key, files of namespaces, and facts about its run."""

    @property
    def log(self) -> TaskLog: ...
    @property
    def files(self) -> TaskFiles: ...
    @property
    def entries(self) -> TaskEntries: ...
    @property
    def namespace_files(self) -> TaskNamespaceFiles: ...
    @property
    def runs(self) -> TaskRuns: ...
    @property
    def run_id(self) -> str: ...
    @property
    def run_name(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def flow_id(self) -> str: ...
    @property
    def revision(self) -> int: ...
    @property
    def address(self) -> str: ...
    @property
    def item(self) -> str | None:
        """The key of the nearest loop's item, by its value alone: equal items have one. `None` outside of loops."""
        ...

    @property
    def attempt(self) -> int: ...
    @property
    def is_replay(self) -> bool: ...
    @property
    def idempotency_key(self) -> str: ...

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if the task was told to stop. Call it at every chunk."""
        ...

    def wait(self, seconds: float) -> None:
        """Wait, and raise `Cancelled` the moment the task is told to stop."""
        ...

    def now(self) -> datetime:
        """Give the time of the engine's clock, in UTC."""
        ...

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> Any:
        """Render a text of `raw_properties`, with variables of the type's own before those that every expression has.

        Raises
        ------
        ExpressionFailed : it cannot be rendered.
        """
        ...

    @property
    def variables(self) -> Mapping[str, Any]:
        """What the task finds under `vars`."""
        ...

    def put_labels(self, labels: Mapping[str, str]) -> None:
        """Put labels on the run, recorded with the end of the task if it does not fail."""
        ...

    def end_run(self, state: str) -> None:
        """Have the run end in this state with the end of the task, if that does not fail (for types with `ends_run`)."""
        ...

    def count(self, name: str, amount: float) -> None:
        """Record a metric of this attempt, such as the number of records."""
        ...

    def end_with_warning(self, reason: str) -> None:
        """Have the task end as WARNING instead of SUCCESS, if it does not fail. The reason goes to its log."""
        ...

    def imported(self, versions: Mapping[str, str]) -> None:
        """Record the versions of packages of the user's that this attempt has imported, by their names."""
        ...

    def workdir(self) -> Path:
        """Give an empty folder of this attempt's own, which is removed with it, or the one that its group shares."""
        ...

    def cache(self) -> Path:
        """Give the folder of this machine for what can be made again; it outlives the run, and may be emptied."""
        ...

    @property
    def shares_workdir(self) -> bool:
        """Whether that folder is shared with other tasks: what is in it stays for those that follow."""
        ...

    def call(
        self,
        namespace: str,
        flow: str,
        *,
        revision: int | None,
        inputs: Mapping[str, Any],
        labels: Mapping[str, str],
        inherit_labels: bool,
        wait: bool,
    ) -> CalledRun:
        """Have another flow run as a run of its own, called by this task run, and give it at its end.

        Raises
        ------
        DalSegnoError : the flow is not there, the inputs are wrong, or flows call each other without end.
        """
        ...

    def environ(self) -> Mapping[str, str]:
        """Give the variables that a script gets: run id, address, `DALSEGNO_IS_REPLAY`, `DALSEGNO_IDEMPOTENCY_KEY`."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """A task that a group is made of which does not say itself what it holds.

    Parameters
    ----------
    name : what its id has behind the group's, after `_`.
    type : its canonical type. One with a `$` in its name is no type that a flow can name.
    takes : where its properties stand in the group's own, by their names.
    reads : properties that are an output of another part, as (name of the part, name of the output); all if that is empty.
    parts : the parts that it holds itself.
    named_by : the property of the group that says best what it does, for messages.
    """

    name: str
    type: str
    takes: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    reads: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, "tuple[str, str]"])
    parts: tuple[Part, ...] = ()
    named_by: str = ""


class TaskType(BaseModel):
    """Base of all task types; its fields are the properties of the task.

    Class attributes
    ----------------
    kind : how it is executed; groups override it and have no `run`.
    effects : `external` where running it twice is seen outside.
    inert : nothing outside the run sees it and no task can depend on its having run (Log, Echo, Sleep).
    tolerates : for a group, whether it ends with a warning where something in it failed.
    at_once : for a loop without a property for it, how many items may run at once; 0 is no limit.
    abreast : for a loop, whether the tasks of one item stand side by side.
    repeats : for a loop, whether its items are turns, of which each is known only when the one before has ended.
    whole : for a group, whether a replay keeps or runs it with all that is in it.
    shares : for a group, whether its tasks share a folder: only tasks that do something themselves can stand in it.
    parts : for a group that is made of certain tasks, what they are; it has no `tasks` of its own then.
    batches : for a loop, whether its items are files which are told apart by what is in them alone.
    rendered_inside : for a group, the properties that are rendered when its tasks have run.
    later : properties that Kestra's type has and that are not supported here.
    branches, needed_branches : for a choice, the properties that are a branch each, and those that must be there.
    branch_map : for a choice, the property that is a map of branches by name.
    input_properties : the properties that declare inputs, as a flow does.
    code : the properties that say what is executed, or that change what others read or execute, by the names that flows write:
        over a server editors alone override them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True)

    kind: ClassVar[Kind] = Kind.WORK
    effects: ClassVar[Literal["none", "external"]] = "none"
    inert: ClassVar[bool] = False
    tolerates: ClassVar[bool] = False
    at_once: ClassVar[int] = 0
    abreast: ClassVar[bool] = False
    repeats: ClassVar[bool] = False
    whole: ClassVar[bool] = False
    shares: ClassVar[bool] = False
    parts: ClassVar[tuple[Part, ...]] = ()
    batches: ClassVar[bool] = False
    rendered_inside: ClassVar[frozenset[str]] = frozenset()
    later: ClassVar[frozenset[str]] = frozenset()
    branches: ClassVar[tuple[str, ...]] = ()
    needed_branches: ClassVar[tuple[str, ...]] = ()
    branch_map: ClassVar[str] = ""
    input_properties: ClassVar[frozenset[str]] = frozenset()
    code: ClassVar[frozenset[str]] = frozenset()
    #: properties whose text the type renders itself, with `context.evaluate`, by the names that flows write
    raw_properties: ClassVar[frozenset[str]] = frozenset()
    #: those among them that can read variables which only the type knows, such as the columns of a row
    row_properties: ClassVar[frozenset[str]] = frozenset()
    #: variables that expressions in the properties can read, each with a text that the type replaces when it runs
    stand_ins: ClassVar[Mapping[str, str]] = MappingProxyType({})
    #: properties that Kestra's type has and this one refuses: what to do instead
    not_supported: ClassVar[Mapping[str, str]] = MappingProxyType({})
    #: whether its output `variables` sets variables for the tasks that stand after it
    sets_variables: ClassVar[bool] = False
    #: whether it ends the run with `context.end_run`; its result is never kept
    ends_run: ClassVar[bool] = False
    #: the typed output; `None` for a type without outputs, a plain `dict` where the names are known only after it ran
    Output: ClassVar[Any] = None

    @classmethod
    def effects_of(cls, properties: Mapping[str, Any]) -> Effects:  # noqa: ARG003 - for the types that look at them
        """Tell whether running it twice is seen outside, by its properties as they are written, not rendered."""
        return Effects(cls.effects)

    def waits(self) -> float:
        """Give the seconds that must pass between the start of the task and `run`; meanwhile it holds no thread."""
        return 0.0

    def begin(self, context: TaskContext) -> None:
        """For a group whose tasks share a folder, do what comes before the first of them."""

    def end(self, context: TaskContext) -> Any:  # noqa: ARG002 - for the types that look at it
        """For such a group, do what comes after the last of them, and give the output."""
        return None

    def run(self, context: TaskContext) -> Any:
        """Do the work and give the output.

        Raises
        ------
        TaskFailed : the work could not be done; the message says what, the hint what to do.
        Cancelled : it was told to stop and did.
        """
        raise NotImplementedError(f"{type(self).__name__} is a group: the engine runs what it holds")
