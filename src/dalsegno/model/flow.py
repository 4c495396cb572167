"""A flow as both front ends compile it: tasks, what each reads, and where each stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from dalsegno.model.conduct import Conduct
from dalsegno.model.inputs import Input, InputType, Place

__all__ = [
    "Effects",
    "Flow",
    "FlowOutput",
    "Input",
    "InputType",
    "Key",
    "Kind",
    "Place",
    "Read",
    "Retry",
    "Revision",
    "Task",
]


class Kind(StrEnum):
    """How a task is executed."""

    #: it does something itself
    WORK = "work"
    #: a group whose tasks follow each other
    SEQUENCE = "sequence"
    #: a group whose tasks stand side by side
    PARALLEL = "parallel"
    #: a group whose tasks follow each other, once for every item of a list
    LOOP = "loop"
    #: a group of which one branch is taken; its tasks follow each other
    CHOICE = "choice"
    #: a group whose tasks say themselves which of the others they stand after
    DAG = "dag"
    #: it waits for a person, or for a time
    PAUSE = "pause"
    #: it has another flow run, as a run of its own
    SUBFLOW = "subflow"

    @property
    def is_group(self) -> bool:
        """Whether it holds other tasks."""
        return self not in (Kind.WORK, Kind.PAUSE, Kind.SUBFLOW)


class Key(Enum):
    """Which item of a loop a reading names, where it names none by its key."""

    #: the item in which the reader itself stands
    OWN = "own"
    #: any of them: it is known only when the expression is rendered
    ANY = "any"
    #: of a loop that repeats, the reader's own turn, or else the last one
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Read:
    """A data edge: one value that a task's expressions read from another task.

    Parameters
    ----------
    task : the id of the task whose output is read; `None` where the expression is dynamic, which reads anything that
        stands before the reader.
    keys : one entry for each loop around that task, outermost first: a literal key, or `Key.OWN`, or `Key.ANY`. Shorter
        than the loops where the whole map of items is read.
    path : the names that follow, as far as they are literal, such as `("uri",)`.
    """

    task: str | None
    keys: tuple[str | Key, ...] = ()
    path: tuple[str, ...] = ()


#: the output by which a task sets variables for those after it
VARIABLES = "variables"


class Effects(StrEnum):
    """Whether running a task twice is seen outside."""

    NONE = "none"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Retry:
    """How a failed attempt is tried again. Times are seconds.

    Parameters
    ----------
    type : `constant` (always `interval`), `exponential` (`interval` times `factor` for every attempt before, at most
        `max_interval`) or `random` (between `interval` and `max_interval`).
    max_attempts, max_duration : when to give up; 0 is never.
    warning : whether a task that succeeds after a retry ends with WARNING.
    new_run : whether the whole run is made again, rather than the task that failed.
    """

    type: str
    interval: float
    max_interval: float = 0.0
    factor: float = 2.0
    max_attempts: int = 0
    max_duration: float = 0.0
    warning: bool = False
    new_run: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One node of a flow.

    Parameters
    ----------
    id : unique in the flow.
    type : the canonical type, such as `core.http.Download`.
    properties : the task's own properties as written, not rendered; without id, type, description and child tasks.
    kind : how it is executed; a group holds `tasks`.
    reads : data edges to other tasks.
    inputs : the run inputs that its expressions read.
    context : what they read of the run besides that may be another in a replay: `labels.team`, `labels` for all of them,
        `execution.startDate`.
    variables : for each path below `vars` that it reads, a digest of what the flow says there.
    volatile : the functions in its expressions that give something new each time, such as `now`.
    digests : for each property, the digest of its definition; `type` is one of them.
    definition : the digest of all of them together.
    concurrency : for a loop or a parallel group, how many items or tasks may run at once; 0 is no limit.
    abreast : for a loop, whether the tasks of one item stand side by side.
    repeats : for a loop, whether its items are turns, of which each is known only when the one before has ended.
    batches : for a loop, whether its items are files which are told apart by what is in them alone: that the list of them comes
        out otherwise makes none of them run that was there before.
    whole : for a group, whether a replay keeps or runs it with all that is in it.
    shares : for a group, whether its tasks share a folder.
    outputs : for a type that declares them, the names of its outputs; `None` where they are not known before it runs.
    branches : for a choice, the ids of the tasks in each branch, by the branch's name.
    depends : for a task in a Dag, the ids of its siblings that it stands after, by its own id (kept on the Dag).
    errors, lasts : for a group, the tasks that run when something in it failed, and those that run at its end.
    retry, timeout : how it is tried again (its own, or that of a group around it or the flow), and how long one attempt, or
        all that a group holds, may take: an ISO 8601 duration, which may be an expression.
    run_if : an expression; where it gives false, the task is skipped.
    allow_failure, allow_warning : whether a failure counts as a warning, and a warning as a success.
    tolerates : for a group, whether it ends with a warning where something in it failed.
    effects, inert : whether running it twice is seen outside; whether nothing can depend on its having run.
    setter : whether its output `variables` sets variables for the tasks that stand after it.
    ends : whether it ends the run, where it does not fail; its result is never kept.
    raw : the properties whose text the task renders itself, such as a condition for every row of a file.
    function : of a step in Python, the user's function, as `module:qualname`. Its properties are bindings of its parameters
        (`model.binding`), and `code` among the digests is that of all that it reaches.
    uncertain : what of its code cannot be judged, in sentences: a change of it may not be seen.
    apart : whether such a step has to run in a process of its own.
    cache : whether the result of an earlier call of it with the same code and the same values may be taken.
    hooks : the user's functions that are called when such a step has failed for good (`failure`), or succeeded (`success`).
    """

    id: str
    type: str
    properties: Mapping[str, Any] = field(default_factory=dict[str, Any])
    kind: Kind = Kind.WORK
    tasks: tuple[Task, ...] = ()
    reads: tuple[Read, ...] = ()
    inputs: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    volatile: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict[str, str])
    definition: str = ""
    concurrency: int = 0
    outputs: tuple[str, ...] | None = None
    description: str | None = None
    place: Place | None = None
    branches: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    depends: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    errors: tuple[Task, ...] = ()
    lasts: tuple[Task, ...] = ()
    retry: Retry | None = None
    timeout: str | None = None
    run_if: Any = None
    allow_failure: bool = False
    allow_warning: bool = False
    tolerates: bool = False
    effects: Effects = Effects.NONE
    inert: bool = False
    abreast: bool = False
    repeats: bool = False
    whole: bool = False
    batches: bool = False
    raw: tuple[str, ...] = ()
    shares: bool = False
    setter: bool = False
    ends: bool = False
    function: str | None = None
    uncertain: tuple[str, ...] = ()
    apart: bool = False
    cache: bool = False
    hooks: Mapping[str, str] = field(default_factory=dict[str, str])

    def walk(self) -> Iterator[Task]:
        """Give this task and all inside it, handlers too, in the order of the text."""
        yield self
        for task in (*self.tasks, *self.errors, *self.lasts):
            yield from task.walk()


@dataclass(frozen=True, slots=True)
class FlowOutput:
    """A value that the flow gives when it has ended: an expression rendered after its tasks.

    Parameters
    ----------
    typed : whether the flow says the type, so that the value has to be of it.
    required : whether the run fails where there is no value.
    """

    id: str
    value: Any
    type: str = "STRING"
    description: str | None = None
    place: Place | None = None
    typed: bool = False
    required: bool = True
    display_name: str | None = None
    item_type: str = "STRING"


@dataclass(frozen=True, slots=True)
class Flow:
    """A definition of work.

    Parameters
    ----------
    errors, lasts : the tasks that run when something has failed, and at the end.
    after : the tasks that run when it is settled how the run ends.
    conduct : checks, limits and triggers of its runs.
    retry : how its tasks are tried again that say nothing themselves, and its runs.
    depends : of a flow that is a graph rather than a sequence, the ids of the tasks that each of its own stands after;
        `None` for a sequence.
    hooks : the user's functions that are called when a run has failed (`failure`), or succeeded (`success`).
    """

    namespace: str
    id: str
    tasks: tuple[Task, ...]
    inputs: tuple[Input, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    outputs: tuple[FlowOutput, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    description: str | None = None
    disabled: bool = False
    errors: tuple[Task, ...] = ()
    lasts: tuple[Task, ...] = ()
    after: tuple[Task, ...] = ()
    conduct: Conduct = field(default_factory=Conduct)
    retry: Retry | None = None
    depends: Mapping[str, tuple[str, ...]] | None = None
    hooks: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def full_id(self) -> str:
        """Namespace and id, joined by a dot."""
        return f"{self.namespace}.{self.id}"

    def walk(self) -> Iterator[Task]:
        """Give all tasks, handlers too, in the order of the text."""
        for task in (*self.tasks, *self.errors, *self.lasts, *self.after):
            yield from task.walk()


@dataclass(frozen=True, slots=True)
class Revision:
    """An immutable version of a flow.

    Parameters
    ----------
    number : 1, 2, 3 ... counted per namespace and flow.
    digest : of the content; equal content makes no new revision.
    source : the text, as it was given.
    flow : the compiled form.
    graph : where a run has a graph of its own, the digest of that; `flow` is the run's then, and not the revision's.
    """

    flow: Flow
    number: int
    digest: str
    source: str
    created: float = 0.0
    author: str | None = None
    graph: str = ""

    @property
    def content(self) -> str:
        """The digest of the content, the run's own graph included."""
        return f"{self.digest}/{self.graph}" if self.graph else self.digest
