from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from dalsegno.cli.render.lines import Line, joined

Draw = Callable[..., str]


@pytest.fixture
def draw() -> Draw:
    """Give the text that lines or tables make at 80 columns, without colour."""

    def drawn(*what: Any, width: int = 80) -> str:
        from rich.console import Console

        texts: list[str] = []
        for each in (each for each in what if each != []):
            if isinstance(each, list):
                lines: list[Line] = each
                texts.append(joined(lines))
                continue
            console = Console(
                file=io.StringIO(), width=width, no_color=True, highlight=False, markup=False, emoji=False
            )
            with console.capture() as captured:
                console.print(each)
            texts.append("\n".join(line.rstrip() for line in captured.get().splitlines()))
        return "\n".join(texts)

    return drawn
