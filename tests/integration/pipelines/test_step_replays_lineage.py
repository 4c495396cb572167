"""A step that is replayed alone is a replay like any other: of its run, with what was chosen for the step."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.support.pipelines import actions, nothing_written, ran, value
from tests.support.projects import Project

from dalsegno import Client, Refusal, RunFailed, get_step_context, pipeline, step
from dalsegno.client.pipeline_runs import PipelineRun


@step
def load(city: str) -> list[int]:
    if "FAIL_LOAD" in os.environ:
        raise ValueError("no luck")
    return [len(city), 2]


@step
def know(numbers: list[int], by: int = 1) -> dict[str, Any]:
    context = get_step_context()
    return {"replay": context.is_replay, "key": context.idempotency_key, "attempt": context.attempt}


@step
def tell(known: dict[str, Any]) -> None:
    assert known


@pipeline
def knowing(city: str = "rome") -> None:
    tell(know(load(city)))


def newest() -> PipelineRun:
    return Client().list_pipeline_runs(limit=1)[0]


def test_it_stands_in_the_lineage_of_the_run_and_fixes_nothing() -> None:
    origin = knowing()
    know.replay(pipeline="knowing")
    alone = newest()
    assert [run.name for run in origin.lineage] == [origin.name, alone.name]
    assert not alone.model.whole
    assert know.replay(pipeline_run="last")["replay"]
    assert newest().model.origin == origin.id


def test_its_step_knows_that_it_is_a_replay_and_has_the_key_that_it_had() -> None:
    origin = knowing()
    first = value(origin, "know")
    again = know.replay(pipeline="knowing")
    assert (first["replay"], again["replay"]) == (False, True)
    assert again["key"] == first["key"]
    assert again["attempt"] == first["attempt"] + 1
    other = know.replay(pipeline="knowing", input_overrides={"by": 2})
    assert other["key"] != first["key"]
    # what was overridden holds for a replay of that replay
    assert know.replay(pipeline_run=newest())["key"] == other["key"]


def test_a_later_replay_of_the_run_is_not_warned_of_it_and_it_compares_with_its_origin() -> None:
    origin = knowing()
    know.replay(pipeline="knowing", input_overrides={"by": 2})
    assert knowing.plan_replay(pipeline_run=origin).warnings == ()
    assert "know" in str(origin.compare(newest()))
    assert "you ask for it alone" in newest().steps["know"].reason
    assert actions(newest()) == {"load": "REUSE", "know": "RUN"}


def test_a_step_that_never_began_is_replayed_with_what_is_given_and_so_is_that_replay() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIL_LOAD", "yes")
        run = knowing(raise_on_failure=False)
    key = know.replay(pipeline_run=run, input_overrides={"numbers": [1]})["key"]
    assert newest().model.origin == run.id
    assert ran(newest()) == ["know"]
    assert know.replay(pipeline_run=newest())["key"] == key


CODE = """
    from dalsegno import pipeline, step

    @step
    def one(n: int) -> int:
        return n + 1

    @step
    def two(n: int) -> int:
        return n * 10

    @pipeline
    def ones(n: int = 1):
        two(one(n))
    """


def test_its_code_is_stored_with_that_of_the_run_and_replayed_from_there(project: Project) -> None:
    project.write({"ones.py": CODE})
    with project.imported("ones") as work:
        work.ones()
    project.write({"ones.py": CODE.replace("n + 1", "n + 100").replace("def ones", "def others")})
    with project.imported("ones") as work, pytest.warns(UserWarning, match="is not the code"):
        assert work.one.replay(pipeline="ones") == 101
    (project.folder / "ones.py").unlink()
    assert newest().model.revision == 2
    again = Client().replay_pipeline_run(newest().name)
    assert (value(again, "one"), value(again, "two")) == (101, 1010)
    traced = Client().replay_pipeline_run(again.name, {"parameters": {"n": 2}})
    assert (value(traced, "one"), value(traced, "two")) == (102, 1020)
    assert "n + 100" in Client().flow_text("ones", again.model.revision)
    first = Client().replay_pipeline_run("ones-1")
    assert value(first, "two") == 20


def test_equal_code_makes_no_revision_also_where_there_is_a_newer_one(project: Project) -> None:
    project.write({"ones.py": CODE})
    with project.imported("ones") as work:
        work.ones()
    project.write({"ones.py": CODE.replace("n + 1", "n + 100")})
    with project.imported("ones") as work:
        work.ones()
        assert work.two.replay(pipeline_run="ones-1") == 20
    assert newest().model.revision == 1


counts: dict[str, int] = {}


@step(retry=1)
def flaky(fails: int) -> int:
    counts["flaky"] = counts.get("flaky", 0) + 1
    if counts["flaky"] <= fails:
        raise ValueError("not yet")
    return counts["flaky"]


@pipeline
def flakes() -> None:
    flaky(0)


def test_the_retry_of_the_step_holds() -> None:
    counts.clear()
    flakes()
    counts.clear()
    assert flaky.replay(pipeline="flakes", input_overrides={"fails": 1}) == 2
    counts.clear()
    with pytest.raises(RunFailed, match="not yet"):
        flaky.replay(pipeline="flakes", input_overrides={"fails": 2})
    assert counts["flaky"] == 2


WAITING = """
    import os
    import threading
    from dalsegno import pipeline, step

    @step
    def process(waits: bool = False) -> int:
        if waits:
            threading.Event().wait()
        return os.getpid()

    @pipeline
    def processes():
        process()
    """


def test_isolation_and_timeout_of_the_step_hold_and_its_present_code_runs_there(project: Project) -> None:
    project.write({"processes.py": WAITING})
    with project.imported("processes") as work:
        work.processes()
    changed = WAITING.replace("os.getpid()", "-os.getpid()").replace(
        "@step\n", "@step(isolation='process', timeout=3)\n"
    )
    project.write({"processes.py": changed})
    with project.imported("processes") as work:
        with pytest.warns(UserWarning, match="is not the code"):
            assert work.process.replay(pipeline="processes") not in (-os.getpid(), os.getpid())
        with pytest.warns(UserWarning, match="is not the code"):
            assert work.process.replay(pipeline="processes", debug=True) == -os.getpid()
        with pytest.warns(UserWarning, match="is not the code"), pytest.raises(RunFailed, match=r"3 s|PT3S|time"):
            work.process.replay(pipeline="processes", input_overrides={"waits": True})


told: list[str] = []


def succeeded() -> None:
    told.append("step")


def all_succeeded() -> None:
    told.append("pipeline")


@step(on_success=succeeded, cache=True, effects="external")
def mail(to: str) -> int:
    told.append(to)
    return threading.get_ident()


@pipeline(on_success=all_succeeded)
def mails() -> None:
    mail("me")


def test_hooks_of_the_step_are_called_and_a_cache_and_effects_do_not_keep_it_from_running() -> None:
    mails()
    told.clear()
    assert mail.replay(pipeline="mails", debug=True) == threading.get_ident()
    assert told == ["me", "step"]


def test_what_is_refused_leaves_no_value_behind() -> None:
    @step
    def both(first: Any, second: Any) -> None:
        assert first is not second

    @pipeline
    def pairs() -> None:
        both(1, 2)

    pairs()
    given = {"first": list(range(100_000)), "second": threading.Lock()}
    with nothing_written(), pytest.raises(Refusal, match=r"`second` of `both` cannot be stored"):
        both.replay(pipeline="pairs", input_overrides=given)


def test_a_step_that_its_condition_skipped_runs_as_it_is_asked_to() -> None:
    @step
    def never() -> bool:
        return False

    @pipeline
    def choosy() -> None:
        load("rome", run_if=never())

    choosy()
    assert load.replay(pipeline="choosy", input_overrides={"city": "paris"}) == [5, 2]


def test_one_of_several_calls_is_replayed_with_other_code(project: Project) -> None:
    text = """
    from dalsegno import pipeline, step

    @step
    def one(n: int) -> int:
        return n + 1

    @pipeline
    def twice():
        one(1)
        one(2)
    """
    project.write({"twice.py": text})
    with project.imported("twice") as work:
        work.twice()
    project.write({"twice.py": text.replace("n + 1", "n + 100")})
    with project.imported("twice") as work, pytest.warns(UserWarning, match="is not the code"):
        assert work.one.replay(pipeline="twice", invocation_id="one_2") == 102
    assert actions(newest()) == {"one": "REUSE", "one_2": "RUN"}


def test_an_input_whose_content_is_gone_can_be_given() -> None:
    @step
    def big() -> list[int]:
        return list(range(100_000))

    @step
    def size(numbers: list[int]) -> int:
        return len(numbers)

    @pipeline
    def large() -> None:
        size(big())

    run = large()
    artifact: Any = run.steps["big"].output.artifact
    Path(Client().values.path(artifact.digest)).unlink()
    assert size.replay(pipeline="large", input_overrides={"numbers": [1]}) == 1
