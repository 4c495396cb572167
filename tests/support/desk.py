"""Someone at work: a folder, a data directory, and the command `dalsegno` as a real process."""

from __future__ import annotations

import io
import json
import os
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.processes import Process, start_cli

from dalsegno.cli import main

#: the parts that every error has, as JSON
ERROR_PARTS = {"code", "message", "address", "file", "line", "column", "closest"}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The error in the document."""
        error = self.document["error"]
        assert error.keys() >= ERROR_PARTS
        return error


class Desk:
    """A folder to work in, with a data directory beside it.

    Attributes
    ----------
    folder : where commands are called.
    home : the data directory.
    env : variables that every command gets.
    """

    def __init__(self, place: Path, *, env: Mapping[str, str] | None = None) -> None:
        self.folder = place / "work"
        self.home = place / "data"
        self.env = dict(env or {})
        self.folder.mkdir(parents=True)

    def write(self, name: str, text: str) -> str:
        """Write a file and give its name."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> Process:
        """Start a command."""
        return start_cli(*words, home=self.home, cwd=self.folder, env={**self.env, **(env or {})})

    def call(self, *words: str, env: Mapping[str, str] | None = None) -> Ended:
        """Call a command and wait for its end."""
        with self.start(*words, env=env) as process:
            return Ended(*process.finish())

    def call_here(self, *words: str) -> Ended:
        """Carry out a command in this process, through the door of the real one: for the many that cost too much there."""
        out, err = io.StringIO(), io.StringIO()
        with self._inside(), redirect_stdout(out), redirect_stderr(err):
            code = main(words)
        return Ended(code, out.getvalue(), err.getvalue())

    @contextmanager
    def _inside(self) -> Generator[None]:
        before, cwd = dict(os.environ), Path.cwd()
        os.environ.update({"DALSEGNO_HOME": str(self.home), **self.env})
        os.chdir(self.folder)
        try:
            yield
        finally:
            os.chdir(cwd)
            os.environ.clear()
            os.environ.update(before)

    def do(self, *words: str, code: int = 0) -> Ended:
        """Call a command that has to end with this exit code."""
        ended = self.call(*words)
        assert ended.code == code, f"dalsegno {' '.join(words)} ended with {ended.code}\n{ended.out}\n{ended.err}"
        return ended

    def ask(self, *words: str) -> Any:
        """Look at what is stored: carry out a command with `--json` in this process, and give its document."""
        ended = self.call_here(*words, "--json")
        assert ended.code == 0, ended
        return ended.document

    def kept(self) -> tuple[list[str], set[Path]]:
        """Give all that is stored: every row of the metadata, and every file of the artifact store."""
        rows: list[str] = []
        database = self.home / "dalsegno.db"
        if database.exists():
            with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
                rows = list(connection.iterdump())
        return rows, self.files()

    def files(self) -> set[Path]:
        """Give the files of the artifact store, also those that are only being made; but not the empty ones that are locks."""
        return {path for path in (self.home / "artifacts").rglob("*") if path.is_file() and path.suffix != ".lock"}

    @contextmanager
    def unchanged(self) -> Generator[None]:
        """Check that nothing is stored, changed or lost in a block."""
        before = self.kept()
        yield
        assert self.kept() == before
