"""Help for tests of pipelines: a store of their own, and assertions about what a run did."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISDIR
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dalsegno.client.pipeline_runs import PipelineRun

#: what names a store in the environment; the second would go before the first
_HOME, _STORE = "DALSEGNO_HOME", "DALSEGNO_STORE"
#: where files lie in memory; steps in processes of their own read them there as well
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of the user's own is made in it
_ENOUGH = 512 << 20


@contextmanager
def store(home: str | Path | None = None) -> Generator[Path]:
    """Give pipelines and clients of this process an empty store, and the earlier one back at the end.

        with dalsegno.testing.store():
            run = training_pipeline()

    Parameters
    ----------
    home : the data directory, which stays; by default one that is removed at the end: in memory where the system has a file
        system there with at least 512 MB left (`/dev/shm`), else in the folder for temporary files.

    Yields
    ------
    The data directory. Values of runs that are needed later must be loaded before the end.
    """
    if home is not None:
        with _named(Path(home).absolute()) as folder:
            yield folder
        return
    with _passing() as made, _named(made) as folder:
        yield folder


@contextmanager
def _passing() -> Generator[Path]:
    """Give an empty folder that goes at the end, or with this process: in memory where there is room, else on the disk."""
    memory = _in_memory()
    if memory is None:
        with tempfile.TemporaryDirectory(prefix="dalsegno-", ignore_cleanup_errors=True) as made:
            yield Path(made)
        return
    from dalsegno.artifacts.scratch import Scratch

    # it holds a lock as long as it is there; what a killed process left is removed by the next one that comes
    scratch = Scratch(memory)
    made = scratch.path()
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        made.with_suffix(".lock").unlink(missing_ok=True)


def _in_memory() -> Path | None:
    """Give this user's folder in the file system that lies in memory; `None` where there is none, or little room in it."""
    folder = _MEMORY / f"dalsegno-{os.getuid()}"
    try:
        if shutil.disk_usage(_MEMORY).free < _ENOUGH:
            return None
        folder.mkdir(mode=0o700, exist_ok=True)
        facts = folder.lstat()
    except OSError:
        return None
    # anybody may write there, so that it could be somebody else's, or lead elsewhere
    return folder if S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() else None


@contextmanager
def _named(folder: Path) -> Generator[Path]:
    from dalsegno.pipelines.session import close

    before = {name: os.environ.get(name) for name in (_HOME, _STORE)}
    os.environ[_HOME] = str(folder)
    os.environ.pop(_STORE, None)
    try:
        yield folder
    finally:
        close(folder)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def assert_ran(run: PipelineRun, steps: Iterable[str]) -> None:
    """Assert that exactly these steps ran in a run.

    Parameters
    ----------
    steps : invocation ids, in any order; `train[paris]` for an item of a mapped step.

    Raises
    ------
    AssertionError : others ran; it says what was expected, what happened with each, and why.
    """
    _assert(run, steps, "RUN", "ran")


def assert_reused(run: PipelineRun, steps: Iterable[str]) -> None:
    """Assert that exactly these steps were kept from an earlier run.

    Parameters
    ----------
    steps : invocation ids, in any order; `train[paris]` for an item of a mapped step.

    Raises
    ------
    AssertionError : others were kept; it says what was expected, what happened with each, and why.
    """
    _assert(run, steps, "REUSE", "reused")


def _assert(run: PipelineRun, steps: Iterable[str], action: str, word: str) -> None:
    __tracebackhide__ = True
    expected = {steps} if isinstance(steps, str) else set(steps)
    found = {name for name, step in run.steps.items() if step.action == action}
    if found == expected:
        return
    lines = [f"{run.name}: expected {word}: {_list(expected)}; {word}: {_list(found)}"]
    for name in sorted(expected ^ found):
        if name not in run.steps:
            lines.append(f"  `{name}` is no step of the run; it has {_list(set(run.steps))}")
            continue
        step = run.steps[name]
        lines.append(f"  `{name}` was not expected here" if name in found else f"  `{name}` was {step.action}")
        lines[-1] += f", {step.state}: {step.reason}"
    raise AssertionError("\n".join(lines))


def _list(names: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "none"
