"""A request, written so that it can be copied: as a command line, or as JSON."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from dalsegno.cli.arguments import json_or_text
from dalsegno.cli.render.lines import labelled
from dalsegno.cli.terminal import Terminal

if TYPE_CHECKING:
    from dalsegno.replay.request import ReplayRequest


def command_line(request: ReplayRequest, *, file: str | None = None, digest: str | None = None) -> str:
    """Give the command line that makes this request, quoted for a shell.

    Parameters
    ----------
    file : the fixed flow's file; it is the newest revision.
    digest : of the plan that was shown, if it is to be carried out as shown.
    """
    words = ["dalsegno", "replay", request.origin or "", *_chosen(request), *_on(request, file)]
    words += [*_values(request), *_ways(request)]
    return shlex.join([*words, *_option("--digest", digest)])


def show_request(
    request: ReplayRequest, form: Literal["cli", "json"], terminal: Terminal, *, file: str | None, digest: str | None
) -> None:
    """Print a request in place of carrying it out."""
    if form == "json":
        terminal.document(request.as_json())
        if file is not None:
            told = f"the flow in {file} is no part of the request: it goes with it, as `text=` of `start_replay`"
            terminal.tell(labelled("note", told, terminal.width(err=True), style="dim"))
        return
    command = command_line(request, file=file, digest=digest)
    if terminal.as_json:
        terminal.document({"command": command})
    else:
        terminal.text(f"{command}\n")


def _chosen(request: ReplayRequest) -> Iterator[str]:
    """What runs, and what is kept."""
    yield from _repeated("--from", request.start)
    yield from _repeated("--only", request.only)
    yield from _repeated("--until", request.until)
    yield from _repeated("--skip", request.skip)
    yield from _flag("--skip-successful", wanted=request.skip_successful)
    yield from _flag("--changed", wanted=request.changed)


def _on(request: ReplayRequest, file: str | None) -> Iterator[str]:
    """What it runs on, and by which names."""
    if file is not None:
        yield from ("--file", file)
    elif request.revision != "original":
        yield from ("--revision", str(request.revision))
    yield from _pairs("--rename", request.renamed)


def _values(request: ReplayRequest) -> Iterator[str]:
    """Values that are given."""
    from dalsegno.replay.request import ORIGIN, Expression

    yield from _pairs("-i", {name: _input(value) for name, value in request.inputs.items()})
    given = [
        (f"{address}.{name}", value)
        for address, values in request.task_inputs.items()
        for name, value in values.items()
    ]
    for name, value in given:
        if not isinstance(value, Expression):
            yield from ("--task-input", f"{name}={_value(value)}")
    for name, value in given:
        if isinstance(value, Expression):
            yield from ("--task-input-expr", f"{name}={value.text}")
    yield from _pairs("--pin", {name: _value(value) for name, value in request.outputs.items() if value is not ORIGIN})
    yield from _repeated("--keep", [name for name, value in request.outputs.items() if value is ORIGIN])


def _ways(request: ReplayRequest) -> Iterator[str]:
    """How it is done, and what is kept on the run."""
    yield from _repeated("--break-before", request.breakpoints)
    if request.effects != "ask":
        yield from ("--effects", request.effects)
    yield from _repeated("--acknowledge", request.acknowledge)
    if request.stale != "warn":
        yield from ("--stale", request.stale)
    yield from _flag("--verify", wanted=request.verify)
    yield from _flag("--fresh-clock", wanted=request.fresh_clock)
    yield from _flag("--no-carry", wanted=not request.carry_overrides)
    yield from _pairs("--label", request.labels)
    yield from _option("--reason", request.reason)


def _repeated(option: str, values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield from (option, value)


def _pairs(option: str, values: Mapping[str, str]) -> Iterator[str]:
    for name, value in values.items():
        yield from (option, f"{name}={value}")


def _option(option: str, value: str | None) -> Iterator[str]:
    if value is not None:
        yield from (option, value)


def _flag(option: str, *, wanted: bool) -> Iterator[str]:
    if wanted:
        yield option


def _input(value: Any) -> str:
    """An input is text on a command line, which its type reads."""
    return value if isinstance(value, str) else _json(value)


def _value(value: Any) -> str:
    """A text stands as it is unless it would be read as JSON."""
    plain = isinstance(value, str) and isinstance(json_or_text(value), str) and json_or_text(value) == value
    return str(value) if plain else _json(value)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # half a character cannot be written to a terminal; JSON has a way to spell it
    return text if text.isprintable() else json.dumps(value)
