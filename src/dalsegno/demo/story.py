"""The story of the demo: a flow fails, is fixed, and is replayed from the task that failed.

Everything in it is done by the commands that a user would type; the story only says them and has them carried out.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from socket import create_server
from typing import TYPE_CHECKING

from dalsegno.errors import ExtraMissing, Refusal

if TYPE_CHECKING:
    from collections.abc import Generator

#: carries out one command line and gives its exit code
Call = Callable[[Sequence[str]], int]
#: writes one line
Say = Callable[[str], None]

FLOW = "divvy_tripdata"
FILE = f"{FLOW}.yaml"
ARCHIVE = "{{ render(vars.file_id) }}-divvy-tripdata.zip"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the story is played, and by whom."""

    call: Call
    say: Say
    folder: Path
    rows: int

    def command(self, *words: str, expect: int = 0) -> None:
        """Say a command and carry it out."""
        self.say("")
        self.say(f"$ dalsegno {shlex.join(words)}")
        code = self.call(words)
        if code != expect:
            message = f"the demo expected `dalsegno {words[0]}` to end with {expect}; it ended with {code}"
            raise Refusal(message, code="demo-broke")


def main(call: Call, say: Say, *, rows: int = 300_000, folder: Path | None = None) -> int:
    """Play the story and give the exit code.

    Parameters
    ----------
    call, say : carry out a command line; write a line.
    rows : trips in the data set.
    folder : the folder to play in; by default `dalsegno-demo` in the working directory, or the next free name.
    """
    _need_extra()
    stage = Stage(call, say, folder or _free_folder(Path.cwd()), rows)
    with _home(stage.folder), _server(stage) as url:
        _fail(stage, url)
        _fix(stage)
        _replay(stage)
        _prove(stage)
    _look_further(stage)
    return 0


def serve(call: Call, say: Say, *, rows: int = 300_000, folder: Path | None = None) -> int:
    """Play the story up to the failure, and serve what is there: the rest is for a person in a browser."""
    _need_extra()
    if find_spec("fastapi") is None:
        raise ExtraMissing(
            "`--serve` needs the server; install it with `pip install 'dalsegno[server]'`", code="extra-missing"
        )
    stage = Stage(call, say, folder or _free_folder(Path.cwd()), rows)
    with _home(stage.folder), _server(stage) as url:
        _fail(stage, url)
        port = _free_port()
        _show_the_way(stage, port)
        return call(("server", "--port", str(port)))


def _show_the_way(stage: Stage, port: int) -> None:
    from dalsegno.client.client import Client

    with Client() as client:
        run = client.get_run("last")
    stage.say("")
    stage.say("The rest is for you, in a browser: from the red bar to a green one. The run that failed:")
    stage.say("")
    stage.say(f"    http://127.0.0.1:{port}/runs/{run.id}?task=to_parquet")
    stage.say("")
    stage.say(
        "`Fix` opens the flow at the line, and the error says what it should be. `Save and replay` does the rest."
    )


#: where a server listens if nobody says otherwise
_USUAL = 7070


def _free_port() -> int:
    """Give the usual port, or any other where that is taken."""
    for port in (_USUAL, 0):
        try:
            with create_server(("127.0.0.1", port)) as bound:
                return bound.getsockname()[1]
        except OSError:
            continue
    raise Refusal("no port of this machine is free to listen on", code="no-port")


def _fail(stage: Stage, url: str) -> None:
    stage.say("")
    stage.say(f"A flow ({stage.folder.name}/{FILE}) downloads the trips, unpacks them, reads the CSV and writes Avro.")
    stage.say("For this run alone, the download goes to this machine:")
    (stage.folder / FILE).write_text(flow_text("failing"), encoding="utf-8")
    override = f"get_zipfile.uri={url}/{ARCHIVE}"
    stage.command("run", FILE, "--task-input-expr", override, "--reason", "the demo", expect=1)


def _fix(stage: Stage) -> None:
    stage.say("")
    stage.say(
        "The pattern is wrong: `yy` takes two digits. You correct the flow (and write Parquet while you are at it):"
    )
    (stage.folder / FILE).write_text(flow_text("corrected"), encoding="utf-8")
    stage.command("flow", "save", FILE)
    stage.command("flow", "diff", FLOW)


def _replay(stage: Stage) -> None:
    stage.say("")
    stage.say("Before anything runs: what would a replay from `to_parquet` do?")
    asked = ("replay", "last", "--from", "to_parquet", "--revision", "latest")
    stage.command(*asked, "--dry-run")
    stage.say("")
    stage.say("That is what we want. Nothing is downloaded, unpacked or parsed a second time:")
    stage.command(*asked, "--reason", "fixed the date pattern")


def _prove(stage: Stage) -> None:
    from dalsegno.client.client import Client

    with Client() as client:
        run = client.get_run("last")
        made = client.task_run("last", "to_parquet")
        spent = sum((item.ended or 0) - (item.started or 0) for item in client.task_runs("last"))
        with client.open_artifact(made.outputs["uri"]) as file:
            shape, columns = _parquet(file.name)
    took = (run.ended or 0) - (run.started or 0)
    stage.say("")
    stage.say(f"{run.name}: {run.state}, attempt {made.attempt} of `to_parquet`, revision {run.revision}.")
    stage.say(f"The Parquet file holds {shape:,} rows:")
    for name, type_name in columns:
        stage.say(f"    {name:<20} {type_name}")
    stage.say(f"The replay took {took:.2f} s; a whole run takes {spent:.2f} s, so {spent - took:.2f} s were saved.")


def _parquet(path: str) -> tuple[int, list[tuple[str, str]]]:
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    schema = file.schema_arrow
    kinds = [f"{field.type}{'' if field.nullable else ' not null'}" for field in schema]
    return file.metadata.num_rows, list(zip(schema.names, kinds, strict=True))


def _look_further(stage: Stage) -> None:
    program = _program(stage.folder)
    stage.say("")
    stage.say("Look further:")
    stage.say(f"    cd {shlex.quote(os.path.relpath(stage.folder))}")
    for words, what in (
        ("gantt last", "what ran and what was kept, over time"),
        ("show last", "the run and its task runs"),
        ("why last to_parquet", "why it ran; try `why last convert`"),
        ("logs last to_parquet", "what it wrote; kept tasks have their logs too"),
        ("lineage last", "the run, and its replays"),
        (f"flow revisions {FLOW}", "both revisions"),
    ):
        stage.say(f"    {program} {words:<36} # {what}")
    stage.say("")
    stage.say("The same in a browser, from the failed run on: `dalsegno demo --serve`.")


def _program(folder: Path) -> str:
    from shutil import which

    own = Path(sys.argv[0]).absolute()
    found = which("dalsegno")
    if found is not None and Path(found).absolute() == own:
        return "dalsegno"
    return min(str(own), os.path.relpath(own, folder), key=len)


def flow_text(name: str) -> str:
    """Give the text of the `failing` or the `corrected` flow."""
    return files("dalsegno.demo").joinpath(f"{name}.yaml").read_text(encoding="utf-8")


def _need_extra() -> None:
    if any(find_spec(name) is None for name in ("polars", "pyarrow", "fastavro")):
        message = "the demo reads CSV and writes Avro and Parquet; install them with `pip install 'dalsegno[serdes]'`"
        raise ExtraMissing(message, code="extra-missing")


def _free_folder(parent: Path) -> Path:
    number = 1
    while True:
        folder = parent / ("dalsegno-demo" if number == 1 else f"dalsegno-demo-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
            continue
        return folder


@contextmanager
def _home(folder: Path) -> Generator[None]:
    """Play in a folder with a data directory of its own."""
    (folder / ".dalsegno").mkdir(parents=True, exist_ok=True)
    before = Path.cwd()
    kept = {name: os.environ.pop(name, None) for name in ("DALSEGNO_HOME", "DALSEGNO_STORE")}
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        os.environ.update({name: value for name, value in kept.items() if value is not None})


@contextmanager
def _server(stage: Stage) -> Generator[str]:
    """Serve the data set on this machine while the story is played."""
    from dalsegno.demo.server import DemoServer

    stage.say(
        f"Making a month of bike trips, {stage.rows:,} of them, and a server on this machine that hands them out ..."
    )
    with DemoServer(stage.folder / ".dalsegno" / "trips", rows=stage.rows) as server:
        server.month(_month())
        yield server.url


def _month() -> str:
    """Give the month that the flow will ask for, so that its download is a download and nothing else."""
    from dalsegno.engine.clock import SystemClock
    from dalsegno.expressions import Scope, parse

    now = datetime.fromtimestamp(SystemClock().now(), UTC)
    return parse("{{ now() | dateAdd(-3, 'MONTHS') | date('yyyyMM') }}").render(Scope({}, now=lambda: now))
