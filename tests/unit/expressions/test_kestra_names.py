"""Every name of Kestra's expressions is there and gives Kestra's result, or the list says why it is not there."""

from __future__ import annotations

import pytest
from tests.support.kestra_cases import Named, cases, evaluate, names

from dalsegno.errors import ExpressionFailed
from dalsegno.expressions import known_filters, known_functions, parse
from dalsegno.expressions.tests import TESTS

CASES = cases()


@pytest.mark.parametrize("named", [one for one in names() if one.why is None], ids=lambda one: f"{one.kind} {one.name}")
def test_a_name_of_kestra_gives_kestras_result(named: Named) -> None:
    case = CASES.get((named.kind, named.name))
    assert case is not None, f"there is no case for the {named.kind} `{named.name}`"
    assert named.name.split(".")[0].strip("? :") in case.example or named.name == "? :"
    assert evaluate(case.example) == case.gives


def test_every_case_is_of_a_name_that_is_there() -> None:
    assert set(CASES) == {(one.kind, one.name) for one in names() if one.why is None}
    assert len(names()) == len({(one.kind, one.name) for one in names()})


@pytest.mark.parametrize(
    "named", [one for one in names() if one.why and one.kind == "function"], ids=lambda one: one.name
)
def test_a_function_that_is_not_there_is_refused_when_it_is_read(named: Named) -> None:
    with pytest.raises(ExpressionFailed, match=f"no function `{named.name}`"):
        parse(f"{{{{ {named.name}('x') }}}}")


def test_what_there_is_is_kestras_but_for_a_few() -> None:
    """What is ours alone is written down here, so that a name does not come in unseen."""
    listed = {(one.kind, one.name) for one in names()}
    assert {name for name in known_filters() if ("filter", name) not in listed} == {"escape", "raw", "numberformat"}
    assert {name for name in known_functions() if ("function", name) not in listed} == set()
    ours = {"undefined", "none", "mapping", "string", "number", "boolean"}
    assert {name for name in TESTS.entries if ("test", name) not in listed} == ours
