"""YAML as Kestra writes it, and as expressions read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from dalsegno.expressions.faults import Fault
from dalsegno.expressions.limits import check_size, weigh
from dalsegno.expressions.values import is_list

_SIGNS_AT_THE_START = tuple("!&*%@`,[]{}#|>'\"?- \t")
#: words that a reader of YAML takes for something else than text
_WORDS = frozenset({"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def write(value: Any) -> str:
    """Write plain data: texts without quotes where they need none, lists one blank in, a line end at the end."""
    return "\n".join(_lines(value)) + "\n"


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, item in cast("Mapping[str, Any]", value).items():
            yield from _entry(_text(key), item)
    elif is_list(value) and value:
        for item in value:
            first = " - "
            for line in _lines(item):
                yield f"{first}{line}"
                first = "   "
    elif isinstance(value, str) and "\n" in value.strip("\n"):
        yield from _block(value)
    else:
        yield _scalar(value)


def _entry(key: str, item: Any) -> Iterator[str]:
    lines = _lines(item)
    if isinstance(item, Mapping) and item:
        yield f"{key}:"
        yield from (f"  {line}" for line in lines)
    elif is_list(item) and item:
        yield f"{key}:"
        yield from lines
    else:
        yield f"{key}: {next(lines)}"
        yield from lines


def _block(text: str) -> Iterator[str]:
    ends = len(text) - len(text.rstrip("\n"))
    yield "|" + ("-" if ends == 0 else "" if ends == 1 else "+")
    for line in text[: len(text) - 1 if ends else None].split("\n"):
        yield f"  {line}" if line else ""


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{}"
    return "[]" if is_list(value) else json.dumps(value)


def _text(text: str) -> str:
    """Write a text in quotes if it would be read as something else without. A number stays bare, as Kestra has it."""
    odd = (
        text.lower() in _WORDS or text.startswith(_SIGNS_AT_THE_START) or ": " in text or " #" in text
        or text != text.strip() or text.endswith(":") or not text.isprintable()
    )  # fmt: skip
    return json.dumps(text, ensure_ascii=False) if odd else text


def read(text: str) -> Any:
    """Read one YAML document, as plain data.

    Raises
    ------
    Fault : it is not YAML, or would grow beyond the bounds.
    """
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    check_size(len(text))
    try:
        node = yaml.compose(text, Loader=loader)
        if node is None:
            return None
        value: Any = loader("").construct_document(node) if _is_small(node) else None
    except (yaml.YAMLError, ValueError) as error:
        raise Fault(f"the text is not YAML: {' '.join(str(error).split())}") from None
    weigh(value)
    return value


def _is_small(node: Any) -> bool:
    """Measure what a document holds, aliases counted each time, before anything of it is made."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(one: Any) -> int:
        if id(one) in sizes:
            return sizes[id(one)]
        if id(one) in open_nodes:
            raise Fault("a YAML text holds a part that holds itself")
        open_nodes.add(id(one))
        parts: list[Any] = list(one.value) if isinstance(one.value, list) else []
        inner = [each for part in parts for each in (part if isinstance(part, tuple) else (part,))]
        sizes[id(one)] = sum(map(size, inner)) + 10 + (len(one.value) if isinstance(one.value, str) else 0)
        open_nodes.discard(id(one))
        check_size(sizes[id(one)])
        return sizes[id(one)]

    return size(node) > 0
