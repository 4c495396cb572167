"""What stands on the command line, read: `k=v`, `address.property=value`, a flow or a file."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dalsegno.errors import NotFound, Refusal, closest, did_you_mean
from dalsegno.model.address import parse

_FLOW_FILES = (".yaml", ".yml")


def read_pairs(option: str, texts: Iterable[str]) -> dict[str, str]:
    """Read `k=v` where every value is text: run inputs and labels.

    Raises
    ------
    Refusal : there is no `=`, no name, or a name is given twice.
    """
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise _bad(option, text, "NAME=VALUE")
        _refuse_second(option, name, pairs)
        pairs[name] = value
    return pairs


def read_task_inputs(literals: Iterable[str], expressions: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read `--task-input a.k=v`, whose value is JSON or else text, and `--task-input-expr a.k=text`, which is rendered.

    Raises
    ------
    Refusal : the text names no task and property, or one is given twice.
    """
    from dalsegno.replay.request import Expression

    found: dict[str, dict[str, Any]] = {}
    given = [("--task-input", text, json_or_text) for text in literals]
    given += [("--task-input-expr", text, Expression) for text in expressions]
    for option, text, read in given:
        left, value = _at_equals(option, text, "TASK.PROPERTY=VALUE")
        address, name = _at_last_dot(option, text, left)
        of_task = found.setdefault(address, {})
        _refuse_second(option, name, of_task, whole=left)
        of_task[name] = read(value)
    return found


def read_pins(texts: Iterable[str], keeps: Iterable[str] = ()) -> dict[str, Any]:
    """Read `--pin a=v`, whose value is JSON or else text, and `--keep a`, which pins the old result.

    Raises
    ------
    Refusal : the text names no task, or one is given twice.
    """
    from dalsegno.replay.request import ORIGIN

    pins: dict[str, Any] = {}
    for text in texts:
        address, value = _at_equals("--pin", text, "TASK=VALUE")
        _check_address("--pin", text, address)
        _refuse_second("--pin", address, pins)
        pins[address] = json_or_text(value)
    for address in dict.fromkeys(keeps):
        _check_address("--keep", address, address)
        if address in pins:
            message = f"`{address}` is both pinned (--pin) and kept (--keep); drop one of them"
            raise Refusal(message, code="contradiction", address=address)
        pins[address] = ORIGIN
    return pins


def read_renames(texts: Iterable[str]) -> dict[str, str]:
    """Read `--rename new=old`: tasks and loops, or items of a loop.

    Raises
    ------
    Refusal : a name is missing or no address, or one is given twice.
    """
    names: dict[str, str] = {}
    for text in texts:
        new, old = _at_equals("--rename", text, "NEW=OLD")
        if not old:
            raise _bad("--rename", text, "NEW=OLD")
        for name in (new, old):
            _check_address("--rename", text, name)
        _refuse_second("--rename", new, names)
        names[new] = old
    return names


def json_or_text(text: str) -> Any:
    """Give the value that a text is in JSON; the text itself where it is not JSON."""
    try:
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        return text


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large for a number")
    return number


def read_revision(text: str | None) -> str | int | None:
    """Read `original`, `latest` or a number.

    Raises
    ------
    Refusal : it is none of them.
    """
    if text is None or text in ("original", "latest"):
        return text
    if text.isdecimal() and int(text) > 0:
        return int(text)
    near = closest(text, ("original", "latest"))
    message = f"--revision is `{text}`; it can be `original`, `latest` or a number from 1 on{did_you_mean(near)}"
    raise Refusal(message, code="bad-argument", closest=near)


def read_stale(text: str) -> Literal["warn", "refuse"]:
    """Read what to do about kept results whose definition has changed."""
    if text not in ("warn", "refuse"):
        raise _no_choice("--stale", text, ("warn", "refuse"))
    return text


def read_effects(text: str) -> Literal["ask", "reuse"]:
    """Read what to do about effects that are seen outside and were there before."""
    if text not in ("ask", "reuse"):
        raise _no_choice("--effects", text, ("ask", "reuse"))
    return text


def read_form(text: str | None) -> Literal["cli", "json"] | None:
    """Read the form in which a request is to be printed."""
    if text not in (None, "cli", "json"):
        raise _no_choice("--print", text or "", ("cli", "json"))
    return text


def _no_choice(option: str, text: str, choices: tuple[str, str]) -> Refusal:
    one, other = choices
    near = closest(text, choices)
    message = f"{option} is `{text}`; it can be `{one}` or `{other}`{did_you_mean(near)}"
    return Refusal(message, code="bad-argument", closest=near)


@dataclass(frozen=True, slots=True)
class FlowFile:
    """A flow file that was named on the command line, and its text."""

    name: str
    text: str


def flow_or_file(target: str) -> str | FlowFile:
    """Tell a saved flow's name from a file, and read the file.

    A file is whatever exists as one, ends with `.yaml` or `.yml`, or has a slash; `-` is standard input.

    Raises
    ------
    NotFound : it can only be a file, and there is none.
    """
    looks_like_file = target == "-" or "/" in target or target.endswith(_FLOW_FILES)
    if looks_like_file or Path(target).is_file():
        return read_flow_file(target)
    return target


def read_flow_file(name: str) -> FlowFile:
    """Read a flow file as UTF-8.

    Raises
    ------
    NotFound : there is no such file; files with a similar name are listed.
    Refusal : it cannot be read.
    """
    if name == "-":
        return FlowFile("<stdin>", sys.stdin.read())
    path = Path(name)
    try:
        return FlowFile(name, path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        near = closest(path.name, _files_beside(path))
        shown = tuple(str(path.parent / each) for each in near)
        raise NotFound(f"there is no file `{name}`{did_you_mean(shown)}", code="no-such-file", closest=shown) from None
    except UnicodeDecodeError as error:
        message = f"`{name}` is not UTF-8 text: byte {error.start + 1} cannot be read; save it as UTF-8"
        raise Refusal(message, code="bad-file", file=name) from None
    except OSError as error:
        raise Refusal(f"`{name}` cannot be read: {error.strerror}", code="bad-file", file=name) from None


_AGE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>s|min|h|d|w)\Z")
_UNIT_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}


def read_age(option: str, text: str) -> float:
    """Read how long ago something was, such as `30d`, in seconds.

    Raises
    ------
    Refusal : it is no number with a unit.
    """
    found = _AGE.match(text)
    if found is None:
        message = f"{option} `{text}` is no length of time: give a number with s, min, h, d or w, such as 30d"
        raise Refusal(message, code="bad-argument")
    return float(found["number"]) * _UNIT_SECONDS[found["unit"]]


def _files_beside(path: Path) -> list[str]:
    try:
        return sorted(each.name for each in path.parent.iterdir() if each.suffix in _FLOW_FILES)
    except OSError:
        return []


def _at_equals(option: str, text: str, form: str) -> tuple[str, str]:
    """Split at the first `=` that stands outside brackets: a key of a loop may hold one."""
    position = next((at for at, sign in _outside_brackets(text) if sign == "="), None)
    if not position:
        raise _bad(option, text, form)
    return text[:position], text[position + 1 :]


def _at_last_dot(option: str, text: str, left: str) -> tuple[str, str]:
    """Split `address.property` at the last dot outside brackets."""
    dots = [at for at, sign in _outside_brackets(left) if sign == "."]
    if not dots or dots[-1] == len(left) - 1 or left.endswith("]"):
        raise _bad(option, text, "TASK.PROPERTY=VALUE")
    address, name = left[: dots[-1]], left[dots[-1] + 1 :]
    _check_address(option, text, address)
    return address, name


def _outside_brackets(text: str) -> Iterator[tuple[int, str]]:
    inside = quoted = escaped = False
    for at, sign in enumerate(text):
        if quoted:
            quoted = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif inside:
            quoted = sign == '"' and text[at - 1] == "["
            inside = sign != "]"
        else:
            inside = sign == "["
            yield at, sign


def _check_address(option: str, text: str, address: str) -> None:
    try:
        parse(address)
    except ValueError as error:
        raise Refusal(f"{option} `{text}`: {error}", code="bad-argument", address=address) from None


def _refuse_second(option: str, name: str, known: dict[str, Any], *, whole: str | None = None) -> None:
    if name in known:
        raise Refusal(f"{option}: `{whole or name}` is given twice; drop one of them", code="bad-argument")


def _bad(option: str, text: str, form: str) -> Refusal:
    return Refusal(f"{option} `{text}` is not of the form {form}", code="bad-argument")
