"""Scripts of Python."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from dalsegno.tasks.base import TaskContext, Text
from dalsegno.tasks.scripts.base import Prepared, ScriptTask, TextList, inherited
from dalsegno.tasks.scripts.workplace import Workplace

_HELPER = Path(__file__).parent / "helper"
_NAME = re.compile(r"\s*([A-Za-z0-9._-]+)")


class PythonTask(ScriptTask):
    """Base of the scripts of Python."""

    code: ClassVar[frozenset[str]] = ScriptTask.code | {"dependencies", "pythonVersion", "packageManager"}

    dependencies: TextList = Field(
        default=[],
        description="Packages to install, as pip takes them, such as `pandas>=2`. They make an environment of their own, "
        "which is kept and used again by every script that asks for the same.",
    )
    python_version: Text | None = Field(
        default=None,
        alias="pythonVersion",
        description="The version of Python for that environment, such as `3.12`; without it, the one that runs Dal Segno.",
    )
    dependency_cache_enabled: bool = Field(
        default=True, alias="dependencyCacheEnabled", description="Whether the environment is kept."
    )
    package_manager: Literal["UV", "PIP"] = Field(
        default="UV",
        alias="packageManager",
        description="What installs the packages; where there is no uv, pip does.",
    )

    @field_validator("dependencies")
    @classmethod
    def _packages_alone(cls, value: list[str]) -> list[str]:
        for text in value:
            if text.lstrip().startswith("-") or not text.strip():
                raise ValueError(f"`{text}` names no package: list the packages themselves, such as `pandas>=2`")
        return value

    def surroundings(self, place: Workplace, context: TaskContext) -> tuple[Path, dict[str, str]]:
        """Give the folder with the programs of the right Python, and the variables for the script."""
        environ = {**inherited(), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        programs = Path(sys.executable).parent
        own: dict[str, str] = {}
        if self.dependencies or self.python_version is not None:
            made = self._environment_at(place, environ, context)
            programs = made / "bin"
            own["VIRTUAL_ENV"] = str(made)
        own["PATH"] = os.pathsep.join(part for part in (str(programs), environ.get("PATH", "")) if part)
        own["PYTHONPATH"] = os.pathsep.join(part for part in (environ.get("PYTHONPATH", ""), *self._helpers()) if part)
        return programs, {**own, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}

    def _environment_at(self, place: Workplace, environ: dict[str, str], context: TaskContext) -> Path:
        from dalsegno.tasks.scripts.environments import Wanted, kept_environment, make_environment

        wanted = Wanted(tuple(self.dependencies), self.python_version, self.package_manager)
        if self.dependency_cache_enabled:
            return kept_environment(wanted, place.folder, environ, context)
        made = context.files.new("-environment")
        make_environment(wanted, made, place.folder, environ, context)
        return made

    def _helpers(self) -> list[str]:
        # whoever asks for Kestra's own library gets that one
        names = {found[1].lower() for text in self.dependencies if (found := _NAME.match(text))}
        return [str(_HELPER), *([] if "kestra" in names else [str(_HELPER / "for_kestra")])]


class Commands(PythonTask):
    """Run commands in a shell, among them those that start `python`.

    A script hands over outputs with `from dalsegno_script import outputs` (or `from kestra import Kestra`).
    """

    code: ClassVar[frozenset[str]] = PythonTask.code | {"commands"}

    commands: TextList = Field(min_length=1, description="The commands, such as `python main.py`.")

    def prepare(self, place: Workplace, context: TaskContext) -> Prepared:
        """Give the commands, with stored files by their paths."""
        _, environ = self.surroundings(place, context)
        return Prepared([*map(place.local, self.commands)], environ)


class Script(PythonTask):
    """Run a script of Python in a process of its own.

    A script hands over outputs with `from dalsegno_script import outputs` (or `from kestra import Kestra`).
    """

    code: ClassVar[frozenset[str]] = PythonTask.code | {"script"}

    script: Text = Field(min_length=1, description="The text of the script.")

    def prepare(self, place: Workplace, context: TaskContext) -> Prepared:
        """Put the script into the folder, and give the command that runs it."""
        name = place.add_script("py", self.script)
        programs, environ = self.surroundings(place, context)
        python = "python" if (programs / "python").exists() else f'"{sys.executable}"'
        return Prepared([f"{python} {name}"], environ)
