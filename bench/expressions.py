"""What an expression costs that was read before: as a flow's tasks have them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any

from bench.measure import Row
from dalsegno.expressions import Scope, parse

EXPRESSIONS = {
    "a path": "{{ outputs.convert.uri }}",
    "a date, moved": "{{ execution.startDate | dateAdd(-3, 'MONTHS') | date('yyyyMM') }}",
    "text around a choice": "from {{ inputs.month ?? 'now' }} {{ outputs.convert.size > 10 ? 'large' : 'small' }}",
    "filters on a list": "{{ outputs.list.value | sort | join(', ') | upper }}",
    "a loop of ten": "{% for n in 1..10 %}{{ loop.index }}:{{ n }} {% endfor %}",
    "a regular expression": "{{ outputs.convert.uri | regexExtract('[a-z]+[.]ion') }}",
}
VARIABLES: dict[str, Any] = {
    "execution": {"startDate": datetime(2024, 5, 31, 10, tzinfo=UTC)},
    "inputs": {"month": None},
    "outputs": {"convert": {"uri": "dalsegno://0123/trips.ion", "size": 12}, "list": {"value": ["b", "a", "c"]}},
}


def measure(quick: bool) -> Iterator[Row]:
    scope = Scope(VARIABLES, now=lambda: datetime(2024, 5, 31, tzinfo=UTC))
    floor = _rate(lambda: VARIABLES["outputs"]["convert"]["uri"], quick)
    for what, text in EXPRESSIONS.items():
        rate = _rate(lambda text=text: parse(text).evaluate(scope), quick)
        yield Row(f"{what}, cached", rate, "a second", "10,000 a second", "two dict look-ups", floor)


def _rate(work: Any, quick: bool) -> float:
    count, tries = (2_000, 3) if quick else (10_000, 7)
    rates: list[float] = []
    for _ in range(tries):
        start = perf_counter()
        for _ in range(count):
            work()
        rates.append(count / (perf_counter() - start))
    return median(rates)
