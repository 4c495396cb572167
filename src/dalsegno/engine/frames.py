"""Frames: where a run stands in each group that it is in.

A frame holds what a group has not started yet and counts what runs. It knows no store and no thread: the runner asks it what
may start, and tells it how things ended. Its own tasks come first, then `errors` if one of them failed, then `finally`.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, cast

from dalsegno.engine.dags import Edges, Ready, first_ended
from dalsegno.engine.stopping import GroupStop
from dalsegno.model.address import parse
from dalsegno.model.flow import Flow, Kind, Task
from dalsegno.model.graph import Node
from dalsegno.model.state import State, worst
from dalsegno.replay.edges import Scope


@dataclass(frozen=True, slots=True)
class GroupRun:
    """The task run of a group."""

    task: Task
    task_run: str
    address: str
    attempt: int
    started: float


@dataclass(frozen=True, slots=True)
class ItemStart:
    """One item of a loop that has not started; of one that repeats, when it is to start."""

    loop: Task
    key: str
    value: Any
    index: int = 0
    due: float = 0.0


@dataclass(frozen=True, slots=True)
class NextTurn:
    """The end of a turn: whoever takes it settles whether the loop repeats once more."""


@dataclass(frozen=True, slots=True)
class Phase:
    """What stands before the first task of a group (`begin`), or after the last (`end`)."""

    name: str


Entry = Task | ItemStart | NextTurn | Phase


@dataclass(slots=True)
class Frame:
    """Where a run stands in one group, in one item of a loop, or in the flow itself.

    Parameters
    ----------
    scope : where its children stand.
    pending : what has not started.
    limit : how many of them may run at once; 0 is no limit.
    stops : whether nothing more starts once something failed.
    owner : the group's task run; `None` for an item and for the flow.
    depends : for a Dag, what each of its tasks stands after.
    errors, lasts : what runs when something in it failed, and at its end.
    tolerates : whether a failure in it counts as a warning.
    moved : whether something that stands directly before what comes next has moved (`replay` with `changed`).
    exit : how it ends, where a task in it has ended the run.
    otherwise : whether it has other items, or takes another branch, than in the origin.
    repeats : whether it is asked, when all that it holds has ended, if it goes on.
    error : why it failed, where that was by itself.
    limit_stop : the limit of time of what it holds, until its own tasks have ended.
    limited : whether it, or a group around it, has ever had one.
    expired : whether that time is over, and what runs in it is to end.
    counts : how many of what it holds ended in which state.
    folder : where its tasks work, if they share a folder.
    """

    scope: Scope
    pending: deque[Entry]
    limit: int = 1
    stops: bool = True
    parent: Frame | None = None
    owner: GroupRun | None = None
    depends: Mapping[str, tuple[str, ...]] | None = None
    errors: tuple[Task, ...] = ()
    lasts: tuple[Task, ...] = ()
    tolerates: bool = False
    moved: bool = False
    otherwise: bool = False
    repeats: bool = False
    error: dict[str, Any] | None = None
    folder: Path | None = None
    limit_stop: GroupStop | None = None
    limited: bool = False
    expired: bool = False
    exit: State | None = None
    running: int = 0
    states: set[State] = field(default_factory=set[State])
    counts: Counter[State] = field(default_factory=Counter[State])
    _inside_moved: bool = False
    _moved_before: bool | None = None
    _moved: set[str] = field(default_factory=set[str])
    _ready: Ready | None = None
    _tasks: list[Task] = field(default_factory=list[Task])
    _edges: Edges | None = None
    _handled: State | None = None

    @property
    def around(self) -> str | None:
        """The task run of the group in which it stands."""
        at: Frame | None = self
        while at is not None and at.owner is None:
            at = at.parent
        return at.owner.task_run if at is not None and at.owner is not None else None

    @property
    def stop(self) -> GroupStop | None:
        """The wish that what it holds ends since the time of a group is over: of itself, or of the nearest around it."""
        if not self.limited:
            return None
        return next((at.limit_stop for at in self._outwards() if at.limit_stop is not None), None)

    @property
    def closed(self) -> bool:
        """Whether the time of a group is over in which it stands, or that it is."""
        return self.limited and any(at.expired for at in self._outwards())

    @property
    def closed_around(self) -> bool:
        """Whether the time of a group is over in which it stands."""
        return self.limited and self.parent is not None and self.parent.closed

    @property
    def why_inside(self) -> Mapping[str, Any] | None:
        """The error of what is stopped in it, since the time of a group is over."""
        return None if self.stop is None else self.stop.why

    @property
    def why_stopped(self) -> dict[str, Any] | None:
        """The error of the group itself, where it was stopped since the time of one around it is over."""
        why = self.parent.why_inside if self.parent is not None else None
        return None if why is None or self.owner is None else {**why, "address": self.owner.address}

    def holds(self, address: str, nodes: Mapping[str, Node]) -> bool:
        """Whether a task run stands in the group."""
        group = parse(address).task or ""
        owner = self.owner
        return owner is not None and owner.task.id in nodes[group].parents and address.startswith(self.scope.prefix)

    def overdue(self, now: float) -> Frame | None:
        """Give the outermost group around, or itself, whose time is over by now."""
        late = [at for at in self._outwards() if at.limit_stop is not None and at.limit_stop.due <= now]
        return late[-1] if late else None

    def stands_in(self, frame: Frame) -> bool:
        """Whether it is a frame, or stands in it."""
        return any(at is frame for at in self._outwards())

    def _outwards(self) -> Iterator[Frame]:
        at: Frame | None = self
        while at is not None:
            yield at
            at = at.parent

    def limit_by(self, stop: GroupStop) -> None:
        """Limit the time of what it holds."""
        self.limit_stop, self.limited = stop, True

    def expire(self) -> None:
        """Begin nothing more of its own tasks: their time is over."""
        assert self.limit_stop is not None  # noqa: S101 - only such a group expires
        self.expired = True
        self.error = dict(self.limit_stop.error)
        self.pending.clear()
        self.repeats = False
        self.limit_stop.set()

    def pass_by(self, ended: Callable[[str], State | None]) -> Collection[str]:
        """Count what it begins with and has ended already; name that.

        It is what `next` and `ended` would come to one by one, as long as nothing else stands before it.

        Parameters
        ----------
        ended : gives how a task ended that has a result already and has not moved.
        """
        tasks = takewhile(lambda entry: isinstance(entry, Task), self.pending)
        passed = first_ended(cast("Iterator[Task]", tasks), self.depends, ended, limit=self.limit)
        if not passed:
            return passed
        self.states.update(passed.values())
        self.counts.update(passed.values())
        if self.depends is None:
            self.moved = self.moved and self.limit != 1
            self.pending = deque(islice(self.pending, len(passed), None))
        else:
            self.pending = deque(entry for entry in self.pending if cast("Task", entry).id not in passed)
        return passed.keys()

    def next(self, *, stopping: bool) -> Entry | None:
        """Take what may start now."""
        if stopping:
            self._stop()
            return None
        if not self.pending and not self.running:
            if self.repeats and not self.states & {State.FAILED, State.KILLED}:
                return NextTurn()
            self._fail_late()
            self._next_phase()
        if not self.pending or (self.limit and self.running >= self.limit):
            return None
        if self.stops and (State.FAILED in self.states or State.KILLED in self.states):
            self.pending.clear()
            return self.next(stopping=False) if not self.running else None
        return self._take()

    def _fail_late(self) -> None:
        """Fail where its time is over, now that all that ran in it has ended.

        Something in it that was stopped alone tells as much, where the process died that stopped it.
        """
        if self.limit_stop is not None and (self.expired or State.KILLED in self.states):
            self.error = dict(self.limit_stop.error)
            self.states = (self.states - {State.KILLED}) | {State.FAILED}
        self.expired, self.limit_stop = False, None

    def _stop(self) -> None:
        if self.pending or self.lasts or self.repeats or (self.errors and State.FAILED in self.states):
            self.states.add(State.KILLED)
        self.pending.clear()
        self.errors = self.lasts = ()
        self.repeats = False

    def _take(self) -> Entry | None:
        if self.depends is None:
            self.running += 1
            return self.pending.popleft()
        if self._ready is None:
            self._tasks = [entry for entry in self.pending if isinstance(entry, Task)]
            self._ready = Ready(self._tasks, self.depends)
        entry = self._ready.take()
        if entry is not None:
            self.pending.remove(entry)
            self.running += 1
            self.moved = self._moved_above(entry, self.depends.get(entry.id, ()))
            return entry
        if not self.running:
            # what is left stands after something that failed
            self.pending.clear()
            return self.next(stopping=False)
        return None

    def _moved_above(self, task: Task, names: tuple[str, ...]) -> bool:
        """Whether what a task of a Dag stands directly after has moved, as far as that counts."""
        if self._moved_before is None:
            self._moved_before = self.moved
        if not names:
            return self._moved_before
        moved = [name for name in names if name in self._moved]
        if moved and self._edges is None:
            self._edges = Edges(self._tasks)
        return bool(moved and self._edges and self._edges.that_count(task, moved))

    def _next_phase(self) -> None:
        """Go on to `errors`, or to `finally`. How it ended is settled by what came before them, and can only get worse."""
        failed = self.states & {State.FAILED, State.KILLED}
        if self.errors and State.FAILED in failed:
            self._begin_phase(self.errors)
            self.errors = ()
        elif self.lasts:
            self._begin_phase(self.lasts)
            self.errors = self.lasts = ()

    def _begin_phase(self, tasks: tuple[Task, ...]) -> None:
        self._handled = worst([*self.states, *([self._handled] if self._handled else [])])
        self.moved = self.inside_moved
        self.states = set()
        self.pending = deque[Entry](tasks)
        self.limit, self.stops, self.depends, self.repeats = 1, True, None, False

    def ended(self, state: State, *, task: str | None = None, moved: bool = False) -> None:
        """Take note that something in it has ended."""
        self.running -= 1
        self.states.add(state)
        self.counts[state] += 1
        if task is not None:
            if self._ready is not None and state.has_result:
                self._ready.ended(task)
            if moved:
                self._moved.add(task)
        self._inside_moved = self._inside_moved or moved
        if self.limit == 1 and self.depends is None and not (self.owner and self.owner.task.kind is Kind.LOOP):
            self.moved = moved

    @property
    def inside_moved(self) -> bool:
        """Whether anything in it has moved, or what it stands after if there is nothing in it."""
        return self._inside_moved or self.otherwise or (self.moved and not self.states and self._handled is None)

    @property
    def final(self) -> State | None:
        """How it ended; `None` while something runs or may start."""
        if self.running or self.pending:
            return None
        if self.exit is not None:
            return self.exit
        state = worst([*self.states, *([self._handled] if self._handled else [])])
        return State.WARNING if state is State.FAILED and self.tolerates else state


def frame_of_flow(flow: Flow) -> Frame:
    """Give the outermost frame."""
    frame = Frame(Scope(), deque[Entry](flow.tasks), errors=flow.errors, lasts=flow.lasts)
    if flow.depends is not None:
        frame.depends, frame.limit, frame.stops = flow.depends, 0, False
    return frame


def frame_of_after(flow: Flow) -> Frame:
    """Give the outermost frame of what runs when it is settled how the run ends."""
    return Frame(Scope(), deque[Entry](flow.after))


def frame_of_group(owner: GroupRun, scope: Scope, parent: Frame, *, branch: str | None = None) -> Frame:
    """Give the frame of a group that is no loop and stands in `scope`; of a choice, with the branch that is taken."""
    task = owner.task
    taken = task.branches.get(branch or "", ()) if task.kind is Kind.CHOICE else None
    frame = Frame(
        scope,
        deque[Entry](child for child in task.tasks if taken is None or child.id in taken),
        parent=parent,
        owner=owner,
        errors=task.errors,
        lasts=task.lasts,
        tolerates=task.tolerates,
        limited=parent.limited,
        moved=parent.moved,
    )
    if task.kind in (Kind.PARALLEL, Kind.DAG):
        frame.limit, frame.stops = task.concurrency, False
    if task.kind is Kind.DAG:
        frame.depends = task.depends
    return frame


def frame_of_loop(owner: GroupRun, scope: Scope, parent: Frame, *, keys: Sequence[str], values: Sequence[Any]) -> Frame:
    """Give the frame of a loop: one item after the other where one may run at once, and then none after a failure."""
    task = owner.task
    items = enumerate(zip(keys, values, strict=True))
    pending = deque[Entry](ItemStart(task, key, value, index) for index, (key, value) in items)
    return Frame(
        scope,
        pending,
        task.concurrency,
        stops=task.concurrency == 1,
        parent=parent,
        owner=owner,
        errors=task.errors,
        lasts=task.lasts,
        limited=parent.limited,
        # what stands directly before a batch is what cut it, and that gave the same
        moved=parent.moved and not task.batches,
    )


def frame_of_item(item: ItemStart, parent: Frame) -> Frame:
    """Give the frame of one item of the loop whose frame is `parent`."""
    scope = parent.scope.enter(item.loop.id, item.key, item.value, item.index)
    frame = Frame(scope, deque[Entry](item.loop.tasks), parent=parent, moved=parent.moved, limited=parent.limited)
    if item.loop.abreast:
        frame.limit, frame.stops = 0, False
    return frame
