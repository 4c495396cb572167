"""How what the command line calls `--skip load` is written in Python: messages speak of both."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace

from dalsegno.errors import PlanRefusal, RequestRefused
from dalsegno.model.plan import Decision, Plan

_OPTION = re.compile(r"`--(?P<name>[a-z]+) (?P<value>[^`]+)`")

_WRITTEN: dict[str, Callable[[str], str]] = {
    "acknowledge": lambda value: f'acknowledge=["{value}"]',
    "effects": lambda value: f'effects="{value}"',
    "stale": lambda value: f'stale="{value}"',
    "revision": lambda value: f'revision="{value}"',
    "keep": lambda value: f'outputs={{"{value}": ORIGIN}}',
    "rename": lambda value: f'renamed={{"{value.partition("=")[0]}": "{value.partition("=")[2]}"}}',
}


def in_python(text: str) -> str:
    """Give a message with options of the command line as arguments of Python."""
    if "`--" not in text:
        return text

    def written(found: re.Match[str]) -> str:
        write = _WRITTEN.get(found["name"])
        value = found["value"].strip("'")
        return found[0] if write is None else f"`{write(value)}`"

    return _OPTION.sub(written, text)


def plan_in_python(plan: Plan) -> Plan:
    """Give a plan whose messages are written for Python."""

    def decision(one: Decision) -> Decision:
        texts = (one.reason, *one.warnings)
        if not any("`--" in text for text in texts):
            return one
        return replace(one, reason=in_python(one.reason), warnings=tuple(map(in_python, one.warnings)))

    return replace(
        plan,
        decisions=tuple(decision(one) for one in plan.decisions),
        refusals=tuple(_refusal(one) for one in plan.refusals),
        warnings=tuple(map(in_python, plan.warnings)),
    )


@contextmanager
def refusing_in_python() -> Generator[None]:
    """Have requests that are refused inside say so as Python is written."""
    try:
        yield
    except RequestRefused as error:
        raise RequestRefused(_refusal(one) for one in error.refusals) from None


def _refusal(one: PlanRefusal) -> PlanRefusal:
    return replace(one, message=in_python(one.message))
