"""What all scripts have in common: their properties and outputs, and how they are run."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePath
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from dalsegno.errors import TaskFailed
from dalsegno.tasks.base import JsonMap, TaskContext, TaskOutput, TaskType, Text, TextList, from_json_text, to_text
from dalsegno.tasks.cancelling import on_cancel
from dalsegno.tasks.durations import Duration
from dalsegno.tasks.process import ProcessGroup
from dalsegno.tasks.scripts.messages import Listener
from dalsegno.tasks.scripts.namespace_files import DESCRIPTION, NamespaceFiles
from dalsegno.tasks.scripts.workplace import OUTPUT, WORK, Workplace, by_their_names

_SHELLS = ("sh", "bash", "dash", "ash", "zsh", "ksh")
_PROCESS = "io.kestra.plugin.core.runner.Process"
_RUNNERS = ("core.runner.Process", "ProcessTaskRunner")
_ALONE = "scripts run as processes of this machine"


def _command_line(value: Any) -> Any:
    value = from_json_text(value)
    return shlex.split(value) if isinstance(value, str) else value


def _files(value: Any) -> Any:
    value = from_json_text(value)
    return by_their_names(value) if isinstance(value, list) else value


InputFiles = Annotated[dict[str, Any], BeforeValidator(_files)]


class TaskRunner(BaseModel):
    """Where the script runs: always as a process of this machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Text = Field(description=f"Only `{_PROCESS}` is there.")

    @model_validator(mode="before")
    @classmethod
    def _only_processes(cls, value: Any) -> Any:
        given = value.get("type") if isinstance(value, dict) else None
        if isinstance(given, str) and not given.endswith(_RUNNERS):
            raise ValueError(f"Kestra's `{given}` is not supported here: {_ALONE}; write `type: {_PROCESS}`")
        return value


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be run.

    Parameters
    ----------
    lines : the commands, as the interpreter takes them.
    environ : variables that belong to the type.
    """

    lines: list[str]
    environ: Mapping[str, str] = field(default_factory=dict[str, str])


class ScriptTask(TaskType):
    """Base of the scripts."""

    code: ClassVar[frozenset[str]] = frozenset({"beforeCommands", "env", "interpreter", "inputFiles", "namespaceFiles"})

    stand_ins: ClassVar[Mapping[str, str]] = MappingProxyType({"workingDir": WORK, "outputDir": OUTPUT})
    not_supported: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"docker": f"{_ALONE}; remove it, and have what the image holds installed here"}
    )

    before_commands: TextList = Field(
        default=[],
        alias="beforeCommands",
        description="Commands that prepare, run before the others in the same shell.",
    )
    env: JsonMap = Field(default={}, description="Variables of the environment, in addition to those of this process.")
    interpreter: Annotated[list[Text], BeforeValidator(_command_line)] = Field(
        default=["/bin/sh", "-c"], min_length=1, description="The program that gets the commands as its last argument."
    )
    fail_fast: bool = Field(
        default=True, alias="failFast", description="Whether a shell stops at the first command that fails (`set -e`)."
    )
    namespace_files: NamespaceFiles = Field(default=None, alias="namespaceFiles", description=DESCRIPTION)
    input_files: InputFiles = Field(
        default={},
        alias="inputFiles",
        description="Files to put in the working folder: name to content or stored file; or a list of stored files, which "
        "keep their names.",
    )
    output_files: TextList = Field(
        default=[],
        alias="outputFiles",
        description="Files to store when the script has ended: names, which must be there, or patterns such as `*.csv`.",
    )
    output_directory: bool = Field(
        default=False,
        alias="outputDirectory",
        description="Kestra's older way to store files: all those in the folder `{{ outputDir }}`, which is there anyway.",
    )
    warning_on_std_err: bool = Field(
        default=False,
        alias="warningOnStdErr",
        description="Whether the task ends as WARNING where the script wrote to its standard error stream.",
    )
    task_runner: TaskRunner | None = Field(
        default=None, alias="taskRunner", description="Where the script runs: as a process of this machine."
    )
    runner: Text | None = Field(default=None, description="The older form of `taskRunner`: only `PROCESS` is there.")
    container_image: Text | None = Field(
        default=None,
        alias="containerImage",
        description="Not used, and taken only beside a `taskRunner` of processes, which does not use it in Kestra either.",
    )
    target_os: Literal["AUTO", "LINUX"] = Field(
        default="AUTO", alias="targetOS", description="For which system the script is written."
    )
    grace: Duration = Field(
        default=timedelta(seconds=5),
        description="The time to clean up, after SIGTERM and before SIGKILL, when told to stop.",
    )

    @field_validator("runner")
    @classmethod
    def _process_alone(cls, value: str | None) -> str | None:
        if value not in (None, "PROCESS"):
            raise ValueError(f"Kestra's runner `{value}` is not supported here: {_ALONE}; write `PROCESS`")
        return value

    @field_validator("container_image")
    @classmethod
    def _no_container(cls, value: str | None, info: ValidationInfo) -> str | None:
        wrong_runner = not {"task_runner", "runner"} <= info.data.keys()
        if value is None or wrong_runner or info.data["task_runner"] is not None or info.data["runner"] is not None:
            return value
        raise ValueError(
            f"Kestra's `containerImage` is not supported here: {_ALONE}; have what the image holds installed here, and remove "
            f"it, or add `taskRunner: {{type: {_PROCESS}}}`"
        )

    class Output(TaskOutput):
        exit_code: int = Field(alias="exitCode", description="0: with any other the task fails.")
        vars: dict[str, Any] = Field(description="What the script gave by lines of `outputs`.")
        output_files: dict[str, str] = Field(alias="outputFiles", description="The stored files by name.")

    def prepare(self, place: Workplace, context: TaskContext) -> Prepared:
        """Make ready what is to be run."""
        raise NotImplementedError

    def run(self, context: TaskContext) -> Output:
        """Run the script and store what it made."""
        context.check_cancelled()
        place = Workplace(context)
        try:
            return self._worked(place, context)
        finally:
            place.leave()

    def _worked(self, place: Workplace, context: TaskContext) -> Output:
        if self.namespace_files is not None:
            self.namespace_files.put_into(place, context)
        place.put(self.input_files)
        prepared = self.prepare(place, context)
        listener = Listener(context)
        code = self._execute(prepared, place, listener, context)
        if code != 0:
            raise _failed(code, listener)
        files = place.store(self.output_files)
        if self.warning_on_std_err and listener.errors:
            lines = "1 line" if listener.errors == 1 else f"{listener.errors} lines"
            context.end_with_warning(f"{lines} on the standard error stream, and `warningOnStdErr` is set")
        return self.Output(exitCode=code, vars=listener.vars, outputFiles=files)

    def _execute(self, prepared: Prepared, place: Workplace, listener: Listener, context: TaskContext) -> int:
        lines = [*map(place.local, self.before_commands), *prepared.lines]
        if self.fail_fast and PurePath(self.interpreter[0]).name in _SHELLS:
            lines.insert(0, "set -e")
        command = [*self.interpreter, "\n".join(lines)]
        environ = self._environment(prepared, place, context)
        try:
            group = ProcessGroup(
                command, cwd=place.folder, env=environ, on_line=listener.hear, grace=self.grace.total_seconds()
            )
        except (OSError, ValueError) as error:
            raise _not_started(command, error) from error
        with on_cancel(context, group.stop):
            code = group.wait()
        context.check_cancelled()
        return code

    def _environment(self, prepared: Prepared, place: Workplace, context: TaskContext) -> dict[str, str]:
        own = {name: place.named(str(to_text(value))) for name, value in self.env.items() if value is not None}
        return {**inherited(), **prepared.environ, **context.environ(), **own}


def inherited() -> dict[str, str]:
    """Give the variables of this process that a script may see."""
    # the key that opens stored secrets is no business of a script
    return {name: value for name, value in os.environ.items() if name != "DALSEGNO_SECRET_KEY"}


def _failed(code: int, listener: Listener) -> TaskFailed:
    hint = "see what it wrote before, in the log of this attempt"
    if code < 0:
        what = f"was ended by {_signal_name(-code)}"
        if -code == signal.SIGKILL:
            hint = "the system kills the process that takes too much memory: see its log, and how much memory there is"
    else:
        what = f"ended with exit code {code}"
        if code == 127:
            hint = "a shell says so where it does not find a command: check its name, and that it is installed here"
    last = f": {listener.last[-1][:300]}" if listener.last else ""
    return TaskFailed(
        f"the script {what}{last}",
        code="script-failed",
        hint=hint,
        details={"exitCode": code, "stderr": list(listener.last)},
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _not_started(command: list[str], error: Exception) -> TaskFailed:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return TaskFailed(
        f"`{' '.join(command[:-1])}` could not be started: {reason}",
        code="script-not-started",
        hint="check `interpreter`; a script too long for a command line can be given in `inputFiles`",
    )
