"""Scripts of the shell."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from dalsegno.tasks.base import TaskContext, Text
from dalsegno.tasks.scripts.base import Prepared, ScriptTask, TextList
from dalsegno.tasks.scripts.workplace import Workplace


class Commands(ScriptTask):
    """Run commands in a shell.

    A line `::{"outputs": {"rows": 3}}::` on standard output gives the output `vars.rows`.
    """

    code: ClassVar[frozenset[str]] = ScriptTask.code | {"commands"}

    commands: TextList = Field(min_length=1, description="The commands, run as one script.")

    def prepare(self, place: Workplace, context: TaskContext) -> Prepared:
        """Give the commands, with stored files by their paths."""
        del context
        return Prepared([*map(place.local, self.commands)])


class Script(ScriptTask):
    """Run a script in a shell.

    A line `::{"outputs": {"rows": 3}}::` on standard output gives the output `vars.rows`.
    """

    code: ClassVar[frozenset[str]] = ScriptTask.code | {"script"}

    script: Text = Field(min_length=1, description="The text of the script.")

    def prepare(self, place: Workplace, context: TaskContext) -> Prepared:
        """Give the script, with stored files by their paths."""
        del context
        return Prepared([place.local(self.script)])
