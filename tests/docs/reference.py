"""The parts of pages that are made from the code: the help of every command, the properties of every task type."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel
from tests.docs import access, api, language
from tests.docs.shell import Shell
from tests.docs.tables import BLANK, table
from tests.support import kestra_cases
from typer.main import get_command

from dalsegno.cli.app import make_app
from dalsegno.tasks.registry import load, names

#: what stands around a generated part
_BEGIN, _END = "<!-- begin {name}: made by python -m tests.docs.generate -->", "<!-- end {name} -->"


def with_part(text: str, name: str, part: str) -> str:
    """Give a page with a new text between the marks of a part.

    Raises
    ------
    LookupError : the page has no such marks.
    """
    begin, end = _BEGIN.format(name=name), _END.format(name=name)
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise LookupError(f"the page has no marks for the part `{name}`")
    return f"{before}{begin}{BLANK}{part.strip()}{BLANK}{end}{after}"


# commands


def command_names() -> list[str]:
    """Give all commands by their words, such as `flow diff`; groups too."""
    return list(_walk(get_command(make_app()), ""))


def _walk(command: Any, words: str) -> Iterator[str]:
    for name, inner in cast("Mapping[str, Any]", getattr(command, "commands", {})).items():
        path = f"{words} {name}".strip()
        yield path
        yield from _walk(inner, path)


def command_part() -> str:
    """Give the help of every command."""
    with tempfile.TemporaryDirectory() as home:
        shell = Shell(Path(home), columns="80")
        sections = [_help(shell, name) for name in ["", *command_names()]]
    return BLANK.join(sections)


def _help(shell: Shell, name: str) -> str:
    words = f"dalsegno {name}".strip()
    text = "\n".join(line.rstrip() for line in shell.run(f"{words} --help").text.strip().splitlines())
    return f"## {words}{BLANK}```text\n{text}\n```"


# task types


def type_part() -> str:
    """Give the properties and outputs of every task type."""
    return BLANK.join(_type(name) for name in names())


def _type(name: str) -> str:
    model = load(name)
    summary = re.sub(r"\s*\n\s*", " ", (model.__doc__ or "").strip())
    schema = model.model_json_schema(by_alias=True)
    parts = [f"### {name}", summary]
    rows = list(_rows(schema, schema, ""))
    parts.append(
        table(("property", "type", "default", "what it is"), rows) if rows else "It has no properties of its own."
    )
    output = model.Output
    if isinstance(output, type) and issubclass(output, BaseModel):
        shape = output.model_json_schema(by_alias=True)
        outputs = [f"`{key}` ({_shape(field, shape)})" for key, field in shape["properties"].items()]
        parts.append(f"Outputs: {', '.join(outputs)}.")
    elif model.kind.value == "work":
        parts.append("It has no outputs.")
    return BLANK.join(parts)


def _rows(schema: Mapping[str, Any], whole: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, ...]]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        inner = _resolved(field, whole)
        if "properties" in inner:
            yield f"`{prefix}{name}`", "map", "", _text(field, inner)
            yield from _rows(inner, whole, f"{prefix}{name}.")
            continue
        default = "required" if name in required else _default(field)
        yield f"`{prefix}{name}`", _shape(field, whole), default, _text(field, inner)


def _resolved(field: Mapping[str, Any], whole: Mapping[str, Any]) -> Mapping[str, Any]:
    parts = field.get("allOf") or [part for part in field.get("anyOf", ()) if part.get("type") != "null"]
    reference = field.get("$ref") or (parts[0].get("$ref") if len(parts) == 1 else None)
    return field if reference is None else whole["$defs"][reference.rpartition("/")[2]]


def _shape(field: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    """Give a type as a reader of YAML knows it."""
    field = _resolved(field, whole)
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    if "anyOf" in field:
        shapes = [_shape(each, whole) for each in field["anyOf"] if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(shapes))
    if field.get("format") == "duration":
        return "duration"
    if field.get("type") == "array":
        items = _shape(field.get("items", {}), whole)
        return "list" if items == "any" else f"list of {items}"
    plain = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "`true` or `false`",
        "object": "map",
    }
    return plain.get(str(field.get("type")), "any")


def _default(field: Mapping[str, Any]) -> str:
    value = field.get("default")
    if value in (None, {}, []):
        return ""
    if isinstance(value, str) and value.strip() != value:
        value = json.dumps(value)
    shown = str(value).lower() if isinstance(value, bool) else '""' if value == "" else value
    return f"`{shown}`".replace("|", "\\|")


def _text(field: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    text = str(field.get("description") or inner.get("description") or "")
    return re.sub(r"\s*\n\s*", " ", text).replace("|", "\\|")


# names of expressions

_KINDS = {
    "variable": "Variables", "operator": "Operators", "test": "Tests", "tag": "Tags", "function": "Functions",
    "filter": "Filters",
}  # fmt: skip


def names_part() -> str:
    """Give every name of Kestra's expressions with an example, and those that are not there with the reason."""
    named, known = kestra_cases.names(), kestra_cases.cases()
    sections: list[str] = []
    for kind, title in _KINDS.items():
        there = sorted((one.name for one in named if one.kind == kind and one.why is None), key=str.lower)
        rows = [_name_row(name, known[kind, name]) for name in there]
        sections += [f"### {title}", table((kind, "what it gives", "example", "gives"), rows)]
    missing = [(one.kind, f"`{one.name}`", one.why) for one in named if one.why is not None]
    sections += ["### What is not there", table(("kind", "name", "why"), missing)]
    return BLANK.join(sections)


def _name_row(name: str, case: kestra_cases.Case) -> tuple[str, ...]:
    return f"`{name}`", case.what, _code(case.example), _code(case.gives)


def _code(text: str) -> str:
    shown = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"') if "\n" in text else text
    return f"`{shown}`".replace("|", "\\|")


#: page -> part -> what makes it
PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "docs/python-api.md": {"api": api.api_part},
    "docs/cli.md": {"commands": command_part},
    "docs/expressions.md": {"names": names_part},
    "docs/security.md": access.PARTS,
    "docs/flows.md": {"task types": type_part, **language.PARTS},
}
