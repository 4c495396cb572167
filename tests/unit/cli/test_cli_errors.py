from __future__ import annotations

from collections.abc import Callable

from dalsegno.cli.render.errors import error_json, error_lines, fault_lines
from dalsegno.errors import FlowInvalid, NotFound, PlanMoved, PlanRefusal, Problem, RequestRefused, TaskFailed

BAD_TYPE = Problem("unknown-type", "there is no task type `x`", "flow.yaml", 5, 11, ("y",))
DEAD_READ = Problem("unknown-output", "nothing gives\n`z`", "flow.yaml", 9, 3, severity="warning")


def test_every_problem_of_a_flow_stands_on_a_line_of_its_own(draw: Callable[..., str]) -> None:
    assert draw(error_lines(FlowInvalid([BAD_TYPE, DEAD_READ]), 40)) == (
        "flow.yaml:5:11: there is no task type `x`\n"
        "flow.yaml:9:3: warning: nothing gives `z`\n"
        "1 error and 1 warning; nothing was written"
    )


def test_every_reason_of_a_refusal_is_told(draw: Callable[..., str]) -> None:
    error = RequestRefused([PlanRefusal("a", "no such task"), PlanRefusal("b", "and no such property")])

    assert draw(error_lines(error, 80)) == (
        "refused: no such task\nrefused: and no such property\nnothing was written"
    )  # fmt: skip


def test_the_closest_names_and_the_place_are_told_where_the_message_lacks_them(draw: Callable[..., str]) -> None:
    silent = NotFound("there is none", closest=("fan-1",), file="flow.yaml", line=3)
    telling = NotFound("there is none; did you mean `fan-1`?", closest=("fan-1",))

    assert draw(error_lines(silent, 80)) == "error: there is none\n  at: flow.yaml:3\n  closest: fan-1"
    assert draw(error_lines(telling, 80)) == "error: there is none; did you mean `fan-1`?"


def test_a_failure_outside_a_run_says_what_to_do(draw: Callable[..., str]) -> None:
    assert "  what to do: wait" in draw(error_lines(TaskFailed("busy", hint="wait"), 80))


def test_the_document_of_an_error_holds_all_that_it_has_to_say() -> None:
    assert error_json(NotFound("no", code="unknown-run", closest=["a"]))["error"] == {
        "code": "unknown-run",
        "message": "no",
        "address": None,
        "file": None,
        "line": None,
        "column": None,
        "closest": ["a"],
    }
    assert [each["line"] for each in error_json(FlowInvalid([BAD_TYPE, DEAD_READ]))["problems"]] == [5, 9]
    assert error_json(RequestRefused([PlanRefusal("a", "no", "load")]))["refusals"][0]["address"] == "load"
    assert error_json(PlanMoved("moved", {"digest": "d"}))["plan"] == {"digest": "d"}


def test_a_fault_of_ours_is_called_one_and_says_how_to_see_more(draw: Callable[..., str]) -> None:
    text = draw(fault_lines(KeyError("x"), traceback_shown=False))

    assert text.startswith("error: KeyError: 'x'\n  This is a fault of Dal Segno, not of your flow.")
    assert "DALSEGNO_DEBUG=1" in text
    assert "DALSEGNO_DEBUG" not in draw(fault_lines(KeyError("x"), traceback_shown=True))
