"""Carries out the sessions of a page, in one folder, with the trips of the demo served on the loopback."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import ROOT, Block, commands, read_blocks
from tests.docs.shell import Shell
from tests.support.servers import RunningServer

from dalsegno.demo.server import DemoServer

PAGES = (
    "docs/tutorial.md", "docs/replay.md", "docs/flows.md", "docs/scripts.md", "docs/sql.md", "docs/expressions.md",
    "docs/coming-from-kestra.md", "docs/coming-from-zenml.md", "docs/tutorial-python.md", "docs/code.md",
    "docs/rest.md",
)  # fmt: skip
#: those whose sessions ask a server
SERVED = ("docs/rest.md",)
ROWS = 20_000

#: languages whose blocks with a file's name are written to that file
_FILES = ("yaml", "csv", "python", "json")


@dataclass(frozen=True, slots=True)
class Carried:
    """A session as it went.

    Parameters
    ----------
    text : the commands, each with what it wrote.
    code : what the last command ended with; an earlier one that did not end with 0 counts before it.
    """

    block: Block
    text: str
    code: int


@contextmanager
def stage(home: Path, page: str) -> Generator[Shell]:
    """Give a shell in a folder that has the files of `examples/`.

    `$TRIPS` is where the trips are served, and for a page of the server `$API` where the data directory of the shell is.
    """
    shutil.copytree(ROOT / "examples", home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    with ExitStack() as stack:
        shell = Shell(home, {"TRIPS": stack.enter_context(DemoServer(home / ".trips", rows=ROWS)).url})
        if page in SERVED:
            shell.variables["API"] = f"{stack.enter_context(RunningServer(home / '.dalsegno')).url}/api/v1"
        yield shell


def carry_out(page: Path, shell: Shell) -> Iterator[Carried]:
    """Write the files of a page and carry out its sessions, in order."""
    for block in read_blocks(page):
        if block.file is not None and block.language in _FILES:
            (shell.folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.is_session:
            yield _session(block, shell)
        elif block.language == "python":
            yield _script(block, shell)


def _script(block: Block, shell: Shell) -> Carried:
    (shell.folder / ".script.py").write_text(block.text, encoding="utf-8")
    done = shell.run("python .script.py")
    return Carried(block, block.text if done.code == 0 else done.text, done.code)


def _session(block: Block, shell: Shell) -> Carried:
    text, code = "", 0
    for command in commands(block):
        if code != 0:
            return Carried(block, text, code)
        done = shell.run(command.line)
        code = done.code
        text += f"$ {command.text}\n{done.text}"
    return Carried(block, "\n".join(line.rstrip() for line in text.splitlines()) + "\n", code)
