"""A folder of Python modules that a test writes, imports and changes."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

from dalsegno.code import CodeDigest, digest_of


class Project:
    """The modules of a user's project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, files: Mapping[str, str]) -> None:
        """Write files, by path."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")

    @contextmanager
    def imported(self, name: str) -> Generator[Any]:
        """Import a module anew, and forget it and all that it brought afterwards."""
        before, writes = set(sys.modules), sys.dont_write_bytecode
        sys.path.insert(0, str(self.folder))
        sys.dont_write_bytecode = True
        importlib.invalidate_caches()
        try:
            yield importlib.import_module(name)
        finally:
            sys.dont_write_bytecode = writes
            sys.path.remove(str(self.folder))
            for one in set(sys.modules) - before:
                if str(getattr(sys.modules[one], "__file__", "")).startswith(str(self.folder)):
                    del sys.modules[one]

    def digest(self, entry: str, **options: Any) -> CodeDigest:
        """Give the digest of a function, as the files are now."""
        name, _, function = entry.partition(":")
        with self.imported(name) as module:
            return digest_of(getattr(module, function), **options)

    def run(self, *arguments: str, text: str | None = None, cwd: Path | None = None, seed: str = "random") -> str:
        """Run Python in a process of its own, in the project's folder, and give what it prints."""
        ended = subprocess.run(
            [sys.executable, "-B", *arguments],
            cwd=cwd or self.folder,
            input=text,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout


Change = Callable[[str], str]


def replaced(old: str, new: str) -> Change:
    """Give the change of a text that replaces one part of it by another."""

    def change(text: str) -> str:
        assert old in text, old
        return text.replace(old, new)

    return change
