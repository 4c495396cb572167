"""Scripts of the shell."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
from collections import deque
from datetime import timedelta
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field

from dalsegno.artifacts.port import parse_uri
from dalsegno.errors import TaskFailed
from dalsegno.tasks.base import JsonMap, TaskContext, TaskOutput, TaskType, Text, from_json_text, to_text
from dalsegno.tasks.cancelling import on_cancel
from dalsegno.tasks.durations import Duration
from dalsegno.tasks.process import ProcessGroup

_SHELLS = ("sh", "bash", "dash", "ash", "zsh", "ksh")
_MESSAGE = re.compile(r"::(\{.*\})::\s*\Z")
_TAIL = 10


def _command_line(value: Any) -> Any:
    value = from_json_text(value)
    return shlex.split(value) if isinstance(value, str) else value


def _list(value: Any) -> Any:
    value = from_json_text(value)
    return [value] if isinstance(value, str) else value


TextList = Annotated[list[Text], BeforeValidator(_list)]


class Commands(TaskType):
    """Run commands in a shell.

    A line `::{"outputs": {"rows": 3}}::` on standard output gives the output `vars.rows`.
    """

    commands: TextList = Field(min_length=1, description="The commands, run as one script.")
    before_commands: TextList = Field(
        default=[],
        alias="beforeCommands",
        description="Commands that prepare, run before the others in the same script.",
    )
    env: JsonMap = Field(default={}, description="Variables of the environment, in addition to those of this process.")
    interpreter: Annotated[list[Text], BeforeValidator(_command_line)] = Field(
        default=["/bin/sh", "-c"], min_length=1, description="The program that gets the script as its last argument."
    )
    fail_fast: bool = Field(
        default=True, alias="failFast", description="Whether a shell stops at the first command that fails (`set -e`)."
    )
    input_files: JsonMap = Field(
        default={},
        alias="inputFiles",
        description="Files to put in the working folder: name to content or stored file.",
    )
    output_files: TextList = Field(
        default=[],
        alias="outputFiles",
        description="Files to store when the script has ended: names, which must be there, or patterns such as `*.csv`.",
    )
    grace: Duration = Field(
        default=timedelta(seconds=5),
        description="The time to clean up, after SIGTERM and before SIGKILL, when told to stop.",
    )

    class Output(TaskOutput):
        exit_code: int = Field(alias="exitCode")
        vars: dict[str, Any]
        output_files: dict[str, str] = Field(alias="outputFiles")

    def run(self, context: TaskContext) -> Output:
        """Run the script and store what it made."""
        context.check_cancelled()
        folder = context.workdir()
        for name, content in self.input_files.items():
            _put_file(folder, name, content, context)
        listener = _Listener(context)
        code = self._execute(folder, listener, context)
        if code != 0:
            raise _failed(code, listener)
        files = self._collect(folder, context)
        return self.Output(exitCode=code, vars=listener.vars, outputFiles=files)

    def _execute(self, folder: Path, listener: _Listener, context: TaskContext) -> int:
        command = [*self.interpreter, self._script()]
        try:
            group = ProcessGroup(
                command,
                cwd=folder,
                env=self._environment(context),
                on_line=listener.hear,
                grace=self.grace.total_seconds(),
            )
        except (OSError, ValueError) as error:
            raise _not_started(command, error) from error
        with on_cancel(context, group.stop):
            code = group.wait()
        context.check_cancelled()
        return code

    def _script(self) -> str:
        lines = [*self.before_commands, *self.commands]
        if self.fail_fast and PurePath(self.interpreter[0]).name in _SHELLS:
            lines.insert(0, "set -e")
        return "\n".join(lines)

    def _environment(self, context: TaskContext) -> dict[str, str]:
        own = {name: str(to_text(value)) for name, value in self.env.items() if value is not None}
        # the key that opens stored secrets is no business of a script
        inherited = {name: value for name, value in os.environ.items() if name != "DALSEGNO_SECRET_KEY"}
        return {**inherited, **context.environ(), **own}

    def _collect(self, folder: Path, context: TaskContext) -> dict[str, str]:
        found: dict[str, Path] = {}
        for pattern in self.output_files:
            matches = _matches(folder, pattern)
            if not matches:
                _tell_missing(folder, pattern, context)
            found |= matches
        stored: dict[str, str] = {}
        for name, path in sorted(found.items()):
            context.check_cancelled()
            stored[name] = context.files.store(_moved(path, context), path.name)
        return stored


class _Listener:
    """Hears the lines of a script: some are messages to the engine, all others go to the log."""

    def __init__(self, context: TaskContext) -> None:
        self._context = context
        self.vars: dict[str, Any] = {}
        self.last: deque[str] = deque(maxlen=_TAIL)

    def hear(self, stream: Literal["stdout", "stderr"], line: str) -> None:
        """Take one line."""
        match = _MESSAGE.match(line)
        if match is not None and self._is_message(match[1]):
            return
        self._context.log.stream(stream, line)
        if stream == "stderr" and line.strip():
            self.last.append(line)

    def _is_message(self, text: str) -> bool:
        try:
            message = json.loads(text)
            outputs = message.get("outputs") or {}
            metrics = [(str(metric["name"]), float(metric["value"])) for metric in message.get("metrics") or []]
            self.vars.update(cast("dict[str, Any]", outputs))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            told = f"a line looks like a message but cannot be read as one ({error}); it is kept as it is"
            self._context.log.warning(told)
            return False
        for name, value in metrics:
            self._context.count(name, value)
        return True


def _inside(folder: Path, name: str) -> Path:
    path = PurePath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise TaskFailed(
            f"`{name}` does not lie in the working folder of the script",
            code="bad-file-name",
            hint="name files relative to the working folder, without `..`",
        )
    return folder / path


def _put_file(folder: Path, name: str, content: Any, context: TaskContext) -> None:
    target = _inside(folder, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str) and parse_uri(content):
        # a copy: the script may write to it, and stored files never change
        shutil.copyfile(context.files.path(content), target)
    else:
        target.write_text("" if content is None else str(to_text(content)), encoding="utf-8")


def _matches(folder: Path, pattern: str) -> dict[str, Path]:
    literal = _inside(folder, pattern)
    paths = [literal] if literal.is_file() else sorted(folder.glob(pattern))
    return {path.relative_to(folder).as_posix(): path for path in paths if path.is_file()}


def _tell_missing(folder: Path, pattern: str, context: TaskContext) -> None:
    if any(sign in pattern for sign in "*?["):
        told = f"no file matches `{pattern}` of `outputFiles`"
        context.log.warning(told)
        return
    made = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    raise TaskFailed(
        f"the script did not make the file `{pattern}`",
        code="output-file-missing",
        hint=f"the working folder holds {', '.join(made[:10]) or 'nothing'}; write `{pattern}*` if it need not be there",
    )


def _moved(path: Path, context: TaskContext) -> Path:
    """Move a file out of the working folder; of a link, take what it points at."""
    target = context.files.new()
    if path.is_symlink():
        shutil.copyfile(path, target)
    else:
        shutil.move(path, target)
    return target


def _failed(code: int, listener: _Listener) -> TaskFailed:
    hint = "see what it wrote before, in the log of this attempt"
    if code < 0:
        what = f"was ended by {_signal_name(-code)}"
        if -code == signal.SIGKILL:
            hint = "the system kills the process that takes too much memory: see its log, and how much memory there is"
    else:
        what = f"ended with exit code {code}"
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
