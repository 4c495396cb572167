"""Task types for tests: one that leaves a mark each time it is executed, and one that does what a test tells it to."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from pydantic import Field

from dalsegno.errors import TaskFailed
from dalsegno.tasks import registry
from dalsegno.tasks.base import TaskContext, TaskOutput, TaskType, Text

#: the variable that names the file of marks
TALLY = "DALSEGNO_TEST_TALLY"

#: what `test.Do` can be told to do, by name
DOINGS: dict[str, Callable[[TaskContext, Any], Any]] = {}


class Mark(TaskType):
    """Leave a mark outside the run, in one write, then give outputs or fail."""

    value: Any = None
    fail: bool = Field(default=False, description="Whether to fail.")
    size: int = Field(default=0, description="The length of the output `text`.")
    file: Text | None = Field(default=None, description="The content of a file to store.")

    class Output(TaskOutput):
        value: Any = None
        text: str = ""
        uri: str | None = None

    def run(self, context: TaskContext) -> Output:
        leave_mark(context)
        told = f"did {context.address}"
        context.log.info(told)
        if self.fail:
            raise TaskFailed(f"{context.address} was told to fail", hint="tell it otherwise")
        return self.Output(value=self.value, text="x" * self.size, uri=self._stored(context))

    def _stored(self, context: TaskContext) -> str | None:
        if self.file is None:
            return None
        path = context.files.new()
        path.write_text(self.file)
        return context.files.store(path, "made.txt")


class Do(TaskType):
    """Leave a mark and do what the test has put into `DOINGS`; what that gives are the outputs."""

    call: Text
    value: Any = None

    Output = dict

    def run(self, context: TaskContext) -> Any:
        leave_mark(context)
        return DOINGS[self.call](context, self.value)


class Typed(Do):
    """As `test.Do`, with a typed output."""

    class Output(TaskOutput):
        number: int


def leave_mark(context: TaskContext) -> None:
    """Append one line: run, address, attempt."""
    if TALLY in os.environ:
        line = f"{context.run_id} {context.attempt} {context.address}\n"
        descriptor = os.open(os.environ[TALLY], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.write(descriptor, line.encode())
        os.close(descriptor)


def marks(path: Path) -> list[tuple[str, str, int]]:
    """Give the marks in a file, in order: run, address, attempt."""
    if not path.exists():
        return []
    parts = [line.split(" ", 2) for line in path.read_text().splitlines()]
    return [(run, address, int(attempt)) for run, attempt, address in parts]


def install() -> None:
    """Make the types known to this process, beside those that entry points name."""
    known = registry._entries()
    for name, found in (("test.Mark", Mark), ("test.Do", Do), ("test.Typed", Typed)):
        known[name] = EntryPoint(name, f"{found.__module__}:{found.__qualname__}", registry.GROUP)


def uninstall() -> None:
    """Take them away again."""
    for name in ("test.Mark", "test.Do", "test.Typed"):
        registry._entries().pop(name, None)
    registry.load.cache_clear()
    DOINGS.clear()
