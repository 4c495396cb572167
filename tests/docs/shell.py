"""Carries out the commands of a page: `dalsegno` in this process, everything else in a shell."""

from __future__ import annotations

import importlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

from dalsegno.cli import main

#: `$NAME` outside of quotes that keep it
_VARIABLE = re.compile(r"\$([A-Z_]+)")
#: the host's words about a folder are no part of a page
_FOLDER = "/home/you/work"


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and all that it wrote, as one text."""

    code: int
    text: str


@dataclass(slots=True)
class Shell:
    """A terminal in one folder, which has a data directory of its own."""

    home: Path
    variables: dict[str, str] = field(default_factory=dict[str, str])
    columns: str = "100"
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        (self.home / ".dalsegno").mkdir(exist_ok=True)
        self.folder = self.home

    def run(self, line: str) -> Done:
        """Carry out one line."""
        if line.startswith("cd "):
            self.folder = self.folder / line.removeprefix("cd ").strip()
            return Done(0, "")
        if line.startswith("dalsegno ") and not _needs_shell(line):
            return self._dalsegno(
                shlex.split(_VARIABLE.sub(lambda name: self.variables.get(name[1], name[0]), line))[1:]
            )
        return self._program(line)

    def _dalsegno(self, words: list[str]) -> Done:
        buffer = io.BytesIO()
        out = io.TextIOWrapper(buffer, encoding="utf-8", write_through=True)
        with self._inside(), redirect_stdout(out), redirect_stderr(out):
            code = main(words)
            out.flush()
        return Done(code, self._plain(buffer.getvalue().decode()))

    def _program(self, line: str) -> Done:
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=self.folder, env=self._environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return Done(done.returncode, self._plain(done.stdout))

    def _plain(self, text: str) -> str:
        return text.replace(str(self.home), _FOLDER)

    def _environ(self) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DALSEGNO_")}
        path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
        return {
            **kept,
            **self.variables,
            "HOME": str(self.home),
            "LOGNAME": "you",
            "COLUMNS": self.columns,
            "PATH": path,
        }

    @contextmanager
    def _inside(self) -> Generator[None]:
        before, cwd = dict(os.environ), Path.cwd()
        os.environ.clear()
        os.environ.update(self._environ())
        os.chdir(self.folder)
        try:
            yield
        finally:
            os.chdir(cwd)
            os.environ.clear()
            os.environ.update(before)
            self._forget()

    def _forget(self) -> None:
        """Forget modules of the folder: each command of a page is a process of its own to its reader."""
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(f"{self.home}{os.sep}"):
                del sys.modules[name]
        importlib.invalidate_caches()


def _needs_shell(line: str) -> bool:
    if "$(" in line:
        return True
    words = shlex.shlex(line, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    return any(set(word) <= set("|&;<>()") for word in words)
