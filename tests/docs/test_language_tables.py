"""The tables of the page of flows: no key that is read can be missing in them, and none can be described that is not read."""

from __future__ import annotations

import re

import pytest
from tests.docs import language
from tests.docs.generate import generated_pages
from tests.docs.pages import ROOT
from tests.docs.tables import described

from dalsegno.flows import check, words
from dalsegno.flows.descriptions import OF_CONDITION
from dalsegno.flows.foreign import OF_FLOW, OF_INPUT, OF_TASK, OF_TRIGGER
from dalsegno.flows.triggers import TRIGGER_TYPES
from dalsegno.model.inputs import INPUT_TYPES

KNOWN = {
    "flow keys": words.FLOW.known,
    "output keys": words.OUTPUT.known,
    "plugin default keys": words.PLUGIN_DEFAULT.known,
    "check keys": words.CHECK.known,
    "task keys": words.TASK | words.TASK_HANDLING | {"tasks", *words.HANDLERS},
    "retry keys": words.RETRY_COMMON.union(words.RETRY_TIMES, *words.RETRY_TIMES.values()),
    "sla keys": words.SLA.known,
    "concurrency keys": words.CONCURRENCY.known,
    "trigger keys": words.TRIGGER.known.union(*(kind.checks for kind in TRIGGER_TYPES.values())),
    "input types": frozenset(INPUT_TYPES),
    "kestra keys": frozenset({*OF_FLOW, *OF_TASK, *OF_INPUT, *OF_TRIGGER}),
}


def named(part: str) -> set[str]:
    """Give the names in the first column, and those in brackets behind them."""
    rows = (line.split(" | ") for line in language.PARTS[part]().splitlines())
    return {name for row in rows for name in re.findall(r"`(\w+)`", " ".join(row[: 2 if part == "kestra keys" else 1]))}


@pytest.mark.parametrize("part", KNOWN)
def test_every_key_that_is_read_is_in_its_table(part: str) -> None:
    assert KNOWN[part] - named(part) == set()


def test_the_two_tables_of_inputs_have_all_their_keys() -> None:
    assert named("input keys") | named("input types") >= words.INPUT.known


def test_a_key_without_a_description_stops_the_page() -> None:
    with pytest.raises(LookupError, match=r"without a description: \['new'\]; described and not there: \['old'\]"):
        described({"id", "new"}, {"id": "a name", "old": "gone"})


def test_every_part_of_the_language_is_on_the_page_as_the_code_has_it() -> None:
    page = dict(generated_pages())[ROOT / "docs/flows.md"]
    assert page == (ROOT / "docs/flows.md").read_text(encoding="utf-8")
    assert all(make() in page for make in language.PARTS.values())


@pytest.mark.parametrize("name", OF_CONDITION)
def test_every_condition_on_the_page_is_accepted(name: str) -> None:
    text = (
        "id: f\nnamespace: a\ntasks: [{id: t, type: core.log.Log, message: x}]\n"
        "triggers: [{id: s, type: core.trigger.Schedule, cron: '@daily', conditions: [{type: core.condition.%s}]}]\n"
    )
    assert [problem for problem in check(text % name) if problem.severity == "error"] == []
