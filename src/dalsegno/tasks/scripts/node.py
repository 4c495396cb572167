"""Scripts of node."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from dalsegno.tasks.base import TaskContext, Text
from dalsegno.tasks.scripts.base import Prepared, ScriptTask, TextList
from dalsegno.tasks.scripts.workplace import Workplace


class Commands(ScriptTask):
    """Run commands in a shell, among them those that start `node`.

    A line `::{"outputs": {"rows": 3}}::` on standard output gives the output `vars.rows`.
    """

    code: ClassVar[frozenset[str]] = ScriptTask.code | {"commands"}

    commands: TextList = Field(min_length=1, description="The commands, such as `node main.js`.")

    def prepare(self, place: Workplace, context: TaskContext) -> Prepared:
        """Give the commands, with stored files by their paths."""
        del context
        return Prepared([*map(place.local, self.commands)])


class Script(ScriptTask):
    """Run a script with the `node` that is found on this machine.

    A line `::{"outputs": {"rows": 3}}::` on standard output gives the output `vars.rows`.
    """

    code: ClassVar[frozenset[str]] = ScriptTask.code | {"script"}

    script: Text = Field(min_length=1, description="The text of the script.")

    def prepare(self, place: Workplace, context: TaskContext) -> Prepared:
        """Put the script into the folder, and give the command that runs it."""
        del context
        return Prepared([f"node {place.add_script('js', self.script)}"])
