"""What goes wrong in ZenML's replays: the cases of a comparison, by its letters. Modules change between run and replay."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.support.pipelines import actions, nothing_written, planned, ran, value
from tests.support.projects import Project

from dalsegno import Client, Refusal, RequestRefused, RunFailed, pipeline, step
from dalsegno.errors import Ambiguous
from dalsegno.pipelines.session import session
from dalsegno.store.port import RunFilter

CHAIN = """
from dalsegno import pipeline, step

@step
def a(scale: float) -> float:
    return scale * 1

@step
def b(number: float, k: float = 1) -> float:
    return number + k

@step
def c(number: float) -> float:
    return number * 100

@pipeline
def chain(scale: float, lr: float = 0.1):
    first = a(scale)
    second = b(first, k=lr)
    c(second)
"""


@contextmanager
def module(project: Project, text: str) -> Generator[Any]:
    """Import a version of the user's module."""
    project.write({"work.py": text})
    with project.imported("work") as found:
        yield found


def changed(*pairs: tuple[str, str], text: str = CHAIN) -> str:
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.fixture
def after(project: Project) -> Callable[..., Any]:
    """Run the pipeline as it is, then replay it as another version of the module has it."""

    def do(new: str, *arguments: Any, old: str = CHAIN, name: str = "chain", **request: Any) -> Any:
        with module(project, old) as work:
            getattr(work, name)(*arguments)
        with module(project, new) as work:
            return getattr(work, name).replay(**request)

    return do


def test_case_a_a_parameter_with_a_default_is_replayed_with_its_value() -> None:
    @step
    def use(scale: int, lr: float) -> float:
        return scale * lr

    @pipeline
    def p(scale: int, lr: float = 0.1) -> None:
        use(scale, lr)

    p(2, lr=0.5)
    replayed = p.replay()
    assert value(replayed, "use") == 1.0
    assert replayed.parameters == {"scale": 2, "lr": 0.5}


ADD = """
from dalsegno import pipeline, step

@step
def src() -> int:
    return 1

@step
def add(number: int, k: int) -> int:
    return number + k

@step
def out(number: int) -> int:
    return number

@pipeline
def adding():
    number = src()
    number = add(number, 10)
    number = add(number, 100)
    out(number)
"""


@pytest.mark.parametrize(
    "request_", [{"skip_successful_steps": True}, {"changed": True}], ids=["successful", "changed"]
)
def test_case_a2_a_call_inserted_in_front_of_calls_of_the_same_step(after: Any, request_: dict[str, Any]) -> None:
    new = changed(
        ("    number = add(number, 10)", "    number = add(number, 7)\n    number = add(number, 10)"), text=ADD
    )
    replayed = after(new, old=ADD, name="adding", **request_)
    assert value(replayed, "out") == 118
    assert actions(replayed)["src"] == "REUSE"


def test_case_a2_a_call_inserted_behind_keeps_the_calls_before_it(after: Any) -> None:
    new = changed(("    out(number)", "    number = add(number, 1000)\n    out(number)"), text=ADD)
    replayed = after(new, old=ADD, name="adding", skip_successful_steps=True)
    assert value(replayed, "out") == 1111
    assert ran(replayed) == ["add_3", "out"]


def test_case_a2_an_explicit_skip_means_the_call_that_is_matched(after: Any) -> None:
    new = changed(
        ("    number = add(number, 10)", "    number = add(number, 7)\n    number = add(number, 10)"), text=ADD
    )
    with pytest.raises(RequestRefused, match=r"`add(_2)?` cannot be skipped"):
        after(new, old=ADD, name="adding", skip=["src", "add"])


def test_case_b_what_reads_an_overridden_step_runs(after: Any) -> None:
    replayed = after(CHAIN, 2, skip_successful_steps=True, step_input_overrides={"b": {"k": 5}})
    assert actions(replayed) == {"a": "REUSE", "b": "RUN", "c": "RUN"}
    assert value(replayed, "c") == 700


INSERTED = (
    ("    second = b(first", "    first = x(first)\n    second = b(first"),
    ("@pipeline", "@step\ndef x(number: float) -> float:\n    return number * 10\n\n@pipeline"),
)


@pytest.mark.parametrize("how", [{"skip_successful_steps": True}, {"changed": True}], ids=["successful", "changed"])
def test_case_c_what_reads_an_inserted_step_runs(after: Any, how: dict[str, Any]) -> None:
    replayed = after(changed(*INSERTED), 2, **how)
    assert actions(replayed) == {"a": "REUSE", "x": "RUN", "b": "RUN", "c": "RUN"}
    assert value(replayed, "c") == pytest.approx(2010)


RENAMED = (("def b(", "def b_new("), ("second = b(", "second = b_new("))


def test_case_c_what_reads_a_renamed_step_runs(after: Any) -> None:
    replayed = after(changed(*RENAMED), 2, skip_successful_steps=True)
    assert actions(replayed) == {"a": "REUSE", "b_new": "RUN", "c": "RUN"}
    assert replayed.plan.dropped == ("b",)


def test_case_c_a_rename_that_is_told_keeps_the_result(after: Any) -> None:
    replayed = after(changed(*RENAMED), 2, skip_successful_steps=True, renamed={"b_new": "b"})
    assert actions(replayed) == {"a": "REUSE", "b_new": "REUSE", "c": "REUSE"}


REMOVED = (("    second = b(first, k=lr)\n", ""), ("c(second)", "c(first)"))


def test_case_c_with_changed_what_read_a_removed_step_runs(after: Any) -> None:
    replayed = after(changed(*REMOVED), 2, changed=True)
    assert actions(replayed) == {"a": "REUSE", "c": "RUN"}
    assert value(replayed, "c") == 200


def test_case_c_with_skip_successful_what_read_a_removed_step_is_named_as_stale(after: Any) -> None:
    replayed = after(changed(*REMOVED), 2, skip_successful_steps=True)
    assert actions(replayed) == {"a": "REUSE", "c": "REUSE"}
    assert "definition has changed" in "".join(replayed.plan.by_address["c"].warnings)
    assert "`number`" in "".join(replayed.plan.by_address["c"].warnings)


def test_case_d_with_changed_new_code_runs_with_all_that_reads_it(after: Any) -> None:
    replayed = after(changed(("scale * 1", "scale * 3")), 2, changed=True)
    assert actions(replayed) == {"a": "RUN", "b": "RUN", "c": "RUN"}
    assert value(replayed, "c") == 610


def test_case_d_with_skip_successful_new_code_is_named_as_stale(after: Any) -> None:
    replayed = after(changed(("scale * 1", "scale * 3")), 2, skip_successful_steps=True)
    assert set(actions(replayed).values()) == {"REUSE"}
    assert "kept, though its definition has changed since: `code`" in replayed.plan.by_address["a"].warnings
    assert "definition has changed" in str(replayed.plan)


def test_case_d_stale_results_can_be_refused(after: Any) -> None:
    with pytest.raises(RequestRefused, match=r'`a` would be kept, .*`code`; .*`stale="warn"`'):
        after(changed(("scale * 1", "scale * 3")), 2, skip_successful_steps=True, stale="refuse")


def test_case_d_new_code_that_gives_the_same_stops_there(after: Any) -> None:
    replayed = after(changed(("scale * 1", "scale * 1 + 0")), 2, changed=True)
    assert actions(replayed) == {"a": "RUN", "b": "REUSE", "c": "REUSE"}


def test_case_e_a_step_that_reads_a_changed_parameter_runs(after: Any) -> None:
    replayed = after(CHAIN, 2, skip_successful_steps=True, input_overrides={"lr": 1.0})
    assert actions(replayed) == {"a": "REUSE", "b": "RUN", "c": "RUN"}
    assert value(replayed, "c") == 300


def test_case_e_an_explicit_skip_of_it_is_refused(after: Any) -> None:
    with pytest.raises(RequestRefused, match=r"`b` cannot be skipped: it reads the input `lr`"):
        after(CHAIN, 2, skip=["a", "b"], input_overrides={"lr": 1.0})


@pytest.mark.parametrize(
    "request_",
    [
        {"skip": ["aa"]}, {"start": ["aa"]}, {"only": ["aa"]}, {"until": ["aa"]}, {"outputs": {"aa": 1}},
        {"step_input_overrides": {"aa": {"scale": "x" * 100_000}}}, {"step_default_input_overrides": {"aa": {"scale": 1}}},
        {"breakpoints": ["aa"]}, {"acknowledge": ["aa"]},
    ],
    ids=lambda request: next(iter(request)),
)  # fmt: skip
def test_case_f_an_unknown_step_is_refused_with_the_closest_before_anything_is_written(
    request_: dict[str, Any], project: Project
) -> None:
    with module(project, CHAIN) as work:
        work.chain(2)
        with nothing_written(), pytest.raises(Refusal, match=r"`aa`.*did you mean `a`") as raised:
            work.chain.replay(**request_)
    assert raised.value.closest == ("a",)


def test_case_f_an_unknown_input_of_a_step_is_refused_with_the_closest(project: Project) -> None:
    with module(project, CHAIN) as work:
        work.chain(2)
        with nothing_written(), pytest.raises(RequestRefused, match=r"`a` has no input `scal`; did you mean `scale`"):
            work.chain.replay(step_input_overrides={"a": {"scal": "x" * 100_000}})


def test_case_g_a_skip_below_what_runs_is_refused(after: Any) -> None:
    with pytest.raises(RequestRefused, match=r"`c` cannot be skipped: it reads `b`, which runs"):
        after(CHAIN, 2, skip=["a", "c"])


@step
def items(n: int) -> list[int]:
    return list(range(n))


@step
def square(number: int) -> int:
    return number * number


@step
def total(numbers: list[int]) -> int:
    return sum(numbers)


@pipeline
def squares(n: int = 4) -> None:
    total(square.map(items(n)))


def test_case_g_a_skip_below_mapped_steps_that_run_is_refused() -> None:
    squares(4)
    with pytest.raises(RequestRefused, match=r"`total` cannot be skipped"):
        squares.replay(skip=["total"], input_overrides={"n": 5})


def test_case_h_a_step_is_replayed_with_its_parameters(project: Project) -> None:
    with module(project, CHAIN) as work:
        work.chain(2, lr=5)
        assert work.b.replay(pipeline="chain") == 7


def test_case_h_an_item_of_a_mapped_step_is_replayed() -> None:
    squares(4)
    assert square.replay(pipeline="squares", invocation_id="square[3]") == 9


def test_case_h_it_is_recorded_what_was_replayed() -> None:
    origin = squares(4)
    square.replay(pipeline="squares", invocation_id="square[3]")
    alone = Client().list_pipeline_runs(limit=1)[0]
    assert alone.id != origin.id
    assert origin.name in str(alone.model.reason)
    assert "square" in str(alone.model.reason)


def test_case_i_a_replay_of_a_replay_knows_parent_and_root_even_when_the_origin_is_deleted() -> None:
    first = squares(2)
    second = squares.replay()
    third = squares.replay(pipeline_run=second, start="total")
    assert (third.model.origin, third.model.root) == (second.id, first.id)
    session().delete_run(second.id)
    again = Client().get_pipeline_run(third.id)
    assert (again.model.origin, again.model.root) == (second.id, first.id)
    assert [run.name for run in again.lineage] == [first.name, second.name, third.name]
    assert value(again, "total") == 1
    assert again.steps["items"].output.load() == [0, 1]


def test_case_k_a_refused_replay_makes_no_run_and_latest_stays() -> None:
    first = squares(2)
    for request in ({"skip": ["nope"]}, {"skip": ["total"]}, {"input_overrides": {"n": "many"}}):
        with nothing_written(), pytest.raises(Refusal):
            squares.replay(**request)
    assert len(session().list_runs(RunFilter(limit=0))) == 1
    assert squares.replay().model.origin == first.id


@step
def big() -> list[int]:
    return list(range(100_000))


@step
def size(numbers: list[int]) -> int:
    return len(numbers)


@pipeline
def large() -> None:
    size(big())


def lose(run: Any, name: str) -> None:
    """Remove the stored content of an output, as a careless person does."""
    artifact = run.steps[name].output.artifact
    store = session().values
    store.path(artifact.digest).unlink()  # pyright: ignore[reportAttributeAccessIssue]


def test_case_l_a_step_whose_result_is_gone_runs_again_and_the_plan_says_so() -> None:
    lose(large(), "big")
    plan = large.plan_replay(start="size")
    assert planned(plan) == {"big": "RUN", "size": "RUN"}
    assert "is gone" in plan.by_address["big"].reason
    assert value(large.replay(start="size"), "size") == 100_000


def test_case_l_a_skip_of_a_step_whose_result_is_gone_is_refused() -> None:
    lose(large(), "big")
    with nothing_written(), pytest.raises(RequestRefused, match=r"`big` cannot be skipped.*gone"):
        large.replay(skip=["big"])


# defects in the first section of the comparison


def test_a_replay_without_arguments_runs_everything_whatever_is_cached() -> None:
    @step(enable_cache=True)
    def one() -> int:
        return 1

    @pipeline(enable_cache=True)
    def cached() -> None:
        one()

    cached()
    assert ran(cached.replay()) == ["one"]


def test_a_run_of_another_pipeline_is_refused() -> None:
    squares(2)
    other = large()
    with nothing_written(), pytest.raises(Refusal, match=f"`squares` is another pipeline; {other.name} is a run of"):
        squares.replay(pipeline_run=other)


def test_a_step_run_of_another_step_is_refused() -> None:
    run = squares(2)
    with nothing_written(), pytest.raises(Refusal, match=r"a run of `items`, and not of `total`"):
        total.replay(step_run_id=run.steps["items"].id)


def test_an_override_of_a_step_that_is_skipped_is_refused(project: Project) -> None:
    with module(project, CHAIN) as work:
        work.chain(2)
        with nothing_written(), pytest.raises(RequestRefused, match="`a` is both skipped and overridden"):
            work.chain.replay(skip=["a"], step_input_overrides={"a": {"scale": 3}})


def test_a_skip_of_a_step_that_failed_is_refused(project: Project) -> None:
    text = changed(("return number + k", "raise ValueError('no')"))
    with module(project, text) as work:
        work.chain(2, raise_on_failure=False)
        with nothing_written(), pytest.raises(RequestRefused, match="`b` cannot be skipped: it failed in the origin"):
            work.chain.replay(skip=["a", "b"])


def test_overrides_hold_for_values_that_were_chosen_by_options() -> None:
    chosen = squares.with_options(parameters={"n": 3})
    chosen()
    assert value(chosen.replay(input_overrides={"n": 2}), "total") == 1


def test_an_artifact_that_is_not_there_is_refused_before_anything_runs() -> None:
    from uuid import uuid4

    squares(2)
    with nothing_written(), pytest.raises(Refusal, match="there is no artifact"):
        squares.replay(step_input_overrides={"total": {"numbers": uuid4()}})


def test_of_several_invocations_none_is_taken_silently() -> None:
    @pipeline
    def two() -> None:
        square(2)
        square(3)

    two()
    with pytest.raises(Ambiguous, match=r"invoked 2 times in two-1: `square`, `square_2`; name one with invocation_id"):
        square.replay(pipeline="two")
    assert square.replay(pipeline="two", invocation_id="square_2") == 9


def test_a_failed_step_replay_raises_what_the_step_raised(project: Project) -> None:
    with module(project, CHAIN) as work:
        work.chain(2)
    with module(project, changed(("return number + k", "raise ValueError('no')"))) as work:
        with (
            pytest.warns(UserWarning, match="is not the code that ran"),
            pytest.raises(RunFailed, match="no") as raised,
        ):
            work.b.replay(pipeline="chain")
        assert isinstance(raised.value.__cause__, ValueError)


def test_there_is_no_warning_of_other_code_where_it_is_the_same() -> None:
    squares(2)
    assert total.replay(pipeline="squares") == 1  # warnings are errors here


def test_a_step_replay_is_no_pipeline_that_is_listed_and_never_the_latest() -> None:
    origin = squares(2)
    total.replay(pipeline="squares")
    assert squares.replay().model.origin == origin.id


def test_a_thousand_inputs_are_gathered() -> None:
    assert value(squares(1000), "total") == sum(n * n for n in range(1000))


def test_a_kept_step_shows_what_it_was_run_with_and_where() -> None:
    origin = squares(3)
    replayed = squares.replay(start="total")
    kept = replayed.steps["items"]
    assert kept.action == "REUSE"
    assert kept.output.id == origin.steps["items"].output.id


def test_a_replay_is_marked_as_one_for_its_steps() -> None:
    from dalsegno import get_step_context

    @step
    def look() -> list[Any]:
        context = get_step_context()
        return [context.is_replay, context.attempt, context.idempotency_key]

    @pipeline
    def looking() -> None:
        look()

    first, second = value(looking(), "look"), value(looking.replay(), "look")
    assert [first[0], second[0]] == [False, True]
    assert [first[1], second[1]] == [1, 2]
    assert first[2] == second[2]
