"""Environments of Python with the packages that a script asks for, made once and kept in the cache.

    <cache>/python/<key>/          an environment; whole if it holds the file `READY`
    <cache>/python/<key>.lock      held by whoever makes it

An environment holds its own path in many places, so it cannot be made elsewhere and renamed. The lock, which ends with the
process that holds it, and the file that is written last stand for the same: nobody uses half of one.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import sys
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from dalsegno.errors import TaskFailed
from dalsegno.tasks.base import TaskContext
from dalsegno.tasks.cancelling import on_cancel
from dalsegno.tasks.process import ProcessGroup

READY = "dalsegno-ready"
_POLL = 0.1
_TAIL = 20
_UNREACHABLE = (
    "connect", "network", "dns", "name resolution", "timed out", "error sending request", "request failed", "offline",
    "certificate",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an environment is to hold.

    Parameters
    ----------
    dependencies : requirements, as pip takes them.
    version : the version of Python, such as `3.12`; without one, that of this process.
    manager : which program installs them.
    """

    dependencies: tuple[str, ...]
    version: str | None
    manager: Literal["UV", "PIP"]

    def key(self, folder: Path) -> str:
        """Give the name under which such an environment is kept; a package that is a file in the folder counts by content."""
        files = [_digest(folder / name) for name in self.dependencies if (folder / name).is_file()]
        python = self.version or [sys.version, sys.base_prefix]
        parts = [sorted(self.dependencies), files, python, self.manager, platform.platform()]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def kept_environment(wanted: Wanted, folder: Path, environ: Mapping[str, str], context: TaskContext) -> Path:
    """Give the environment from the cache; make it if it is not there.

    Parameters
    ----------
    folder : where names of files count from.
    environ : the variables for the programs that make it.

    Raises
    ------
    TaskFailed : it cannot be made.
    """
    root = context.cache() / "python"
    root.mkdir(exist_ok=True)
    made = root / wanted.key(folder)
    if not (made / READY).exists():
        with _locked(root / f"{made.name}.lock", context):
            if not (made / READY).exists():
                shutil.rmtree(made, ignore_errors=True)
                make_environment(wanted, made, folder, environ, context)
                (made / READY).touch()
    return made


def make_environment(
    wanted: Wanted, made: Path, folder: Path, environ: Mapping[str, str], context: TaskContext
) -> None:
    """Make an environment at a path.

    Raises
    ------
    TaskFailed : it cannot be made.
    """
    uv = find_uv() if wanted.manager == "UV" else None
    listed = ", ".join(wanted.dependencies) or "no packages"
    told = f"making an environment with {listed}, by {'uv' if uv else 'pip'}"
    context.log.info(told)
    maker = _Maker(folder, environ, context)
    if uv:
        maker.run([uv, "venv", "-q", "-p", wanted.version or sys.executable, str(made)])
        install = [uv, "pip", "install", "-q", "-p", str(made / "bin" / "python")]
    else:
        maker.run([_python(wanted.version), "-m", "venv", str(made)])
        install = [str(made / "bin" / "python"), "-m", "pip", "install", "-q"]
    if wanted.dependencies:
        maker.run([*install, *wanted.dependencies])


def find_uv() -> str | None:
    """Give the path of uv, from its package or from the path of programs."""
    if find_spec("uv") is not None:
        import uv

        try:
            return str(uv.find_uv_bin())
        except FileNotFoundError:
            pass
    return shutil.which("uv")


def _python(version: str | None) -> str:
    own = ".".join(str(part) for part in sys.version_info[:3])
    if version is None or own == version or own.startswith(f"{version}."):
        return sys.executable
    found = shutil.which(f"python{version}")
    if found is None:
        raise TaskFailed(
            f"there is no Python {version} on this machine: neither `python{version}` nor the {own} that runs Dal Segno",
            code="no-such-python",
            hint="install it, or uv, which can fetch it: pip install 'dalsegno[uv]'",
        )
    return found


@contextmanager
def _locked(path: Path, context: TaskContext) -> Generator[None]:
    lock = FileLock(path)
    waited = False
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            if not waited:
                context.log.info("waits for another task that makes the same environment")
            waited = True
            context.wait(_POLL)
    try:
        yield
    finally:
        lock.release()


@dataclass(frozen=True, slots=True)
class _Maker:
    """Runs the programs that make an environment."""

    folder: Path
    environ: Mapping[str, str]
    context: TaskContext

    def run(self, command: Sequence[str]) -> None:
        """Run one to its end; its lines go to the log, as details."""
        last: deque[str] = deque(maxlen=_TAIL)

        def hear(stream: str, line: str) -> None:
            del stream
            last.append(line)
            self.context.log.debug(line)

        try:
            group = ProcessGroup(command, cwd=self.folder, env=self.environ, on_line=hear, grace=1)
        except OSError as error:
            raise _failed([f"{command[0]}: {error.strerror}"]) from error
        with on_cancel(self.context, group.stop):
            code = group.wait()
        self.context.check_cancelled()
        if code != 0:
            raise _failed([line for line in last if line.strip()])


def _failed(lines: Sequence[str]) -> TaskFailed:
    text = " ".join(line.strip() for line in lines)
    hint = "check the names and versions under `dependencies`"
    if any(word in text.lower() for word in _UNREACHABLE):
        hint = "the registry of packages cannot be reached: check the network, and UV_DEFAULT_INDEX or PIP_INDEX_URL"
    elif "ensurepip" in text:
        hint = "this Python cannot make environments by itself: install uv with: pip install 'dalsegno[uv]'"
    return TaskFailed(
        f"the environment for the script could not be made: {text[:500] or 'the program that makes it said nothing'}",
        code="environment-failed",
        hint=hint,
        details={"lines": list(lines)},
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
