"""Scripts that tell when they are somewhere, and go on when the test says so."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import wait_until_gone


@dataclass(frozen=True, slots=True)
class Gate:
    """A place where scripts stop until they are let through.

    `stop` is what a script calls there: it leaves the name that it is given in the file of marks, and says that it waits.
    `mark` only leaves the name.
    """

    folder: Path
    descriptor: int

    @property
    def env(self) -> dict[str, str]:
        """What the scripts need in their environment."""
        return {
            "GATE": str(self.folder / "gate"), "MARKS": str(self.folder / "marks"), "PIDS": str(self.folder / "pids"),
        }  # fmt: skip

    @property
    def marks(self) -> list[str]:
        """The marks that scripts have left, in order."""
        path = self.folder / "marks"
        return path.read_text().split() if path.exists() else []

    def open(self, times: int = 1) -> None:
        """Let so many scripts through, now or when they come."""
        os.write(self.descriptor, b"go\n" * times)

    def pids(self) -> list[int]:
        """Give the ids of the scripts that have come to the gate. Each leads a process group."""
        path = self.folder / "pids"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def end_scripts(self) -> None:
        """End what scripts are still at the gate, as a reboot would."""
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            wait_until_gone(pid)


def mark(name: str) -> str:
    """Give a command that leaves a mark."""
    return f"echo {name} >> $MARKS"


def stop(name: str) -> list[str]:
    """Give commands that leave a mark and wait at the gate."""
    return [mark(name), "echo $$ >> $PIDS", f"echo {name} waits", "read line < $GATE"]


@contextmanager
def gate(folder: Path) -> Generator[Gate]:
    """Make a gate. What still waits there at the end is ended."""
    os.mkfifo(folder / "gate")
    # opened for both ways, so that a word waits for the script as well as the script for the word
    descriptor = os.open(folder / "gate", os.O_RDWR)
    made = Gate(folder, descriptor)
    try:
        yield made
    finally:
        made.end_scripts()
        os.close(descriptor)
