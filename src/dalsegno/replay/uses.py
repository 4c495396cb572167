"""Which tasks used a result: told by the paths of what they read, which name the task and the keys of its items."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dalsegno.model.address import parse
from dalsegno.model.state import State


@dataclass(frozen=True, slots=True)
class Use:
    """A task run that read an artifact, or that kept the result which it is of.

    Parameters
    ----------
    kept : whether it kept the result, and did not read it.
    """

    run: str
    run_name: str
    task_run: str
    address: str
    state: State
    kept: bool

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return {name: getattr(self, name) for name in self.__slots__}


def path_of_task(address: str) -> str:
    """Give how each path begins that reads a task at an address, whatever its items are."""
    return f"outputs.{parse(address).task}"


def reads(used: Iterable[str], address: str, output: str | None) -> bool:
    """Whether one of the paths that a task used reads an output of the task run at an address, or what holds it.

    A path that ends above the output reads all that is below, such as all items of a loop.
    """
    found = parse(address)
    steps = ["outputs", found.task, *(key or "" for key in found.keys), *([output] if output else [])]
    wanted = ".".join(str(step) for step in steps)
    return any(_holds(path, wanted) or _holds(wanted, path) for path in used)


def _holds(above: str, below: str) -> bool:
    return below == above or below.startswith(f"{above}.")
