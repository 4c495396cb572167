from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

import dalsegno
from dalsegno.cli.app import make_app

SOURCE = Path(dalsegno.__file__).parent
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
OF_PIP = ("--upgrade",)


def options_of(command: Any) -> Iterator[str]:
    for parameter in command.params:
        yield from parameter.opts
        yield from parameter.secondary_opts
    for inner in getattr(command, "commands", {}).values():
        yield from options_of(inner)


def named() -> Iterator[tuple[str, str]]:
    """Give each option that a text of the program names, and where: messages, examples, commands to copy."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for option in OPTION.findall(node.value):
                    yield option, f"{path.relative_to(SOURCE)}:{node.lineno}"


def test_every_option_that_a_message_names_exists() -> None:
    known = {*options_of(get_command(make_app())), "--help", *OF_PIP}
    mentioned = list(named())

    assert {"--acknowledge", "--effects", "--keep", "--rename", "--stale"} <= {option for option, _ in mentioned}
    assert [f"{place} names {option}" for option, place in mentioned if option not in known] == []
