"""Effects that are seen outside, and would happen once more: a person at a terminal is asked about each."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from dalsegno.cli.render.lines import Line, count, line
from dalsegno.cli.terminal import Terminal
from dalsegno.errors import PlanRefusal, RequestRefused

if TYPE_CHECKING:
    from dalsegno.replay.request import ReplayRequest

Made = TypeVar("Made")


def with_consent(request: ReplayRequest, make: Callable[[ReplayRequest], Made], terminal: Terminal) -> Made:
    """Make what is asked for. Where nothing but effects stands against it and there is a person to ask, they are asked,
    and it is tried again with what they agreed to.

    Raises
    ------
    RequestRefused : something else stands against it, nobody can be asked, or the answer was no.
    """
    asked: set[str] = set()
    while True:
        try:
            return make(request)
        except RequestRefused as refused:
            news = _to_ask(refused, asked) if terminal.asks() else []
            if not news:
                raise
            agreed = _ask(news, terminal)
            if not agreed:
                raise
            asked.update(each.address for each in news if each.address)
            request = replace(request, acknowledge=(*request.acknowledge, *agreed))


def _to_ask(refused: RequestRefused, asked: Collection[str]) -> list[PlanRefusal]:
    """Give what can be asked about; nothing where something else is refused as well, or where the answer was no."""
    if any(each.code != "effects" or each.address is None or each.address in asked for each in refused.refusals):
        return []
    return list({each.address: each for each in refused.refusals}.values())


def _ask(refusals: Collection[PlanRefusal], terminal: Terminal) -> list[str]:
    terminal.tell(_would_happen(refusals))
    addresses = [each.address for each in refusals if each.address]
    return [address for address in addresses if terminal.ask(f"run `{address}` again?")]


def _would_happen(refusals: Collection[PlanRefusal]) -> list[Line]:
    lines = [line((f"{count(len(refusals), 'effect')} would happen once more:", "bold yellow"))]
    for each in refusals:
        # what a refusal says after this is how to agree on the command line
        what, _, _ = each.message.partition("; allow it")
        lines.append(line("  ", what))
    return lines
