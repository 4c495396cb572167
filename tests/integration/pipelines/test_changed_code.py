"""`replay(changed=True)` and `revision=`: code that has changed since, near and far, and code that is not there any more."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.pipelines import actions, nothing_written, planned, ran, value
from tests.support.projects import Project

from dalsegno import Client, Refusal, RunFailed

STEPS = """
from dalsegno import pipeline, step
from near import near

@step
def load() -> int:
    return 1

@step
def train(number: int, factor: int = 2) -> int:
    return near(number) * factor

@step
def report(number: int) -> str:
    return f"it is {number}"

@pipeline
def training(factor: int = 2):
    report(train(load(), factor=factor))
"""
NEAR = """
from far import far

def near(number):
    return far(number)
"""
FAR = """
ADDED = 10

def far(number):
    return number + ADDED
"""


@pytest.fixture
def written(project: Project) -> Project:
    project.write({"work.py": STEPS, "near.py": NEAR, "far.py": FAR})
    return project


def run(project: Project, **arguments: Any) -> Any:
    with project.imported("work") as work:
        return work.training(**arguments)


def replay(project: Project, **request: Any) -> Any:
    with project.imported("work") as work:
        return work.training.replay(**request)


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("far.py", "number + ADDED", "number + ADDED + 1", ["train", "report"]),
        ("far.py", "ADDED = 10", "ADDED = 11", ["train", "report"]),
        ("far.py", "ADDED = 10", "# as always\nADDED = 10", []),
        ("far.py", "    return", '    """Add."""\n    return', []),
        ("near.py", "far(number)", "far(number) + 1", ["train", "report"]),
        ("work.py", "return 1", "return 1 + 0", ["load"]),
        ("work.py", "factor: int = 2) -> int", "factor: int = 3) -> int", ["train"]),
        ("work.py", "training(factor: int = 2)", "training(factor: int = 3)", []),
        ("work.py", "report(train(load(), factor=factor))", "report(train(load(), factor=5))", ["train", "report"]),
        ("work.py", "it is", "it was", ["report"]),
    ],
    ids=[
        "a helper two modules away", "a constant two modules away", "a comment", "a docstring", "a helper",
        "code that gives the same", "the default of a step's parameter",
        "the default of the pipeline's parameter", "a literal", "the last step",
    ],
)  # fmt: skip
def test_with_changed_what_changed_runs_and_what_it_changes(
    written: Project, file: str, old: str, new: str, expected: list[str]
) -> None:
    run(written)
    text = (written.folder / file).read_text()
    assert old in text
    written.write({file: text.replace(old, new)})
    assert ran(replay(written, changed=True)) == expected


def test_a_plan_says_what_has_changed(written: Project) -> None:
    run(written)
    written.write({"far.py": FAR.replace("10", "11")})
    with written.imported("work") as work:
        plan = work.training.plan_replay(changed=True)
    assert planned(plan) == {"load": "REUSE", "train": "RUN", "report": "CHECK"}
    assert plan.by_address["train"].reason == "definition changed: `code`"


def test_what_ran_then_runs_again_with_the_original_revision(written: Project) -> None:
    run(written)
    written.write({"far.py": FAR.replace("10", "1000")})
    assert value(replay(written, pipeline_run="training-1"), "train") == 2002
    assert value(replay(written, pipeline_run="training-1", revision="original"), "train") == 22
    assert value(replay(written, pipeline_run="training-1", revision=1, input_overrides={"factor": 3}), "train") == 33
    assert value(replay(written, pipeline_run="training-1", revision="latest"), "train") == 2002


def test_the_client_replays_the_code_that_ran_or_the_latest_and_says_which_is_newer(written: Project) -> None:
    run(written)
    written.write({"far.py": FAR.replace("10", "1000")})
    run(written)
    client = Client()
    assert value(client.replay_pipeline_run("training-1"), "train") == 22
    assert value(client.replay_pipeline_run("training-1", {"revision": "latest"}), "train") == 2002
    assert value(client.replay_pipeline_run("training-1", {"revision": "latest", "changed": True}), "train") == 2002
    plan = client.plan_pipeline_replay("training-1")
    assert 'revision 2 is newer: `revision="latest"` takes it' in plan.warnings[0]


def test_the_client_gives_steps_and_parameters_of_stored_code_other_values(written: Project) -> None:
    run(written)
    for path in written.folder.glob("*.py"):
        path.unlink()
    client = Client()
    given = client.replay_pipeline_run("training-1", {"parameters": {"factor": 5}, "skip_successful_steps": True})
    assert actions(given) == {"load": "REUSE", "train": "RUN", "report": "RUN"}
    assert value(given, "report") == "it is 55"
    given = client.replay_pipeline_run(
        "training-1", {"steps_to_skip": ["load"], "step_input_overrides": {"train": {"number": 0, "factor": 1}}}
    )
    assert value(given, "report") == "it is 10"
    given = client.replay_pipeline_run("training-1", {"step_default_input_overrides": {"train": {"factor": 10}}})
    assert value(given, "train") == 110


def test_a_failure_of_the_client_is_told_by_the_run(written: Project) -> None:
    run(written)
    failed = Client().replay_pipeline_run("training-1", {"step_input_overrides": {"train": {"number": "x"}}})
    assert failed.state == "FAILED"
    assert "TypeError" in str(failed.error)
    assert failed.steps["train"].error is not None


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"skip": ["load"]}, r"a run configuration has no key `skip`; did you mean `steps_to_skip`"),
        ({"stepstoskip": ["load"]}, r"has no key `stepstoskip`; did you mean `steps_to_skip`"),
        ({"input_overrides": {}}, r"has no key `input_overrides`; did you mean `parameters`"),
        ({"nope": 1}, r"has no key `nope`"),
        ({"steps_to_skip": ["laod"]}, r"`laod`.*did you mean `load`"),
        ({"steps_to_skip": 3}, r"`steps_to_skip` must be a list of names"),
        ({"parameters": {"facto": 1}}, r"`facto`.*did you mean `factor`"),
        ({"step_input_overrides": {"train": {"numbr": 1}}}, r"`train` has no input `numbr`; did you mean `number`"),
        ({"steps_to_skip": ["train"]}, r"`train` cannot be skipped: it reads `load`, which runs"),
        ({"revision": "local"}, r"the Client replays with stored code"),
        ({"effects": "maybe"}, r"`effects` must be \"ask\" or \"reuse\", not 'maybe'"),
    ],
)
def test_a_wrong_configuration_is_refused_and_writes_nothing(
    written: Project, configuration: dict[str, Any], message: str
) -> None:
    run(written)
    with nothing_written(), pytest.raises(Refusal, match=message):
        Client().replay_pipeline_run("training-1", configuration)


def test_a_parameter_of_the_pipeline_that_is_gone_is_left_out_and_a_new_one_is_asked_for(written: Project) -> None:
    run(written, factor=4)
    text = STEPS.replace("def training(factor: int = 2):", "def training(times: int, more: int = 1):")
    written.write({"work.py": text.replace("factor=factor", "factor=times + more")})
    with written.imported("work") as work:
        with nothing_written(), pytest.raises(Refusal, match=r"`times`.*training-1.*input_overrides"):
            work.training.replay()
        assert value(work.training.replay(input_overrides={"times": 1}), "train") == 22


def test_a_carried_value_that_does_not_fit_its_parameter_any_more_is_refused(written: Project) -> None:
    run(written, factor=4)
    written.write({"work.py": STEPS.replace("training(factor: int = 2)", "training(factor: list[int])")})
    with (
        written.imported("work") as work,
        nothing_written(),
        pytest.raises(Refusal, match=r"`factor` should be a valid list"),
    ):
        work.training.replay()


def test_a_new_parameter_of_a_step_with_a_default_is_fine(written: Project) -> None:
    run(written)
    written.write({"work.py": STEPS.replace("factor: int = 2) -> int:", "factor: int = 2, more: int = 1) -> int:")})
    replayed = replay(written, changed=True)
    assert actions(replayed)["train"] == "RUN"


def test_code_that_needs_a_package_that_is_gone_says_so(written: Project) -> None:
    written.write({"elsewhere/rare_package/__init__.py": "VALUE = 1\n"})
    written.write(
        {"work.py": STEPS.replace("    return 1\n", "    import rare_package_x as rare\n    return rare.VALUE\n")}
    )
    with written.imported("work") as work, pytest.raises(RunFailed, match="rare_package_x"):
        work.training()
    failed = Client().replay_pipeline_run("training-1")
    assert failed.state == "FAILED"
    assert "rare_package_x" in str(failed.error)


def test_stored_code_whose_module_cannot_be_loaded_says_which(
    written: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORK_LOADS", "yes")
    head = "import os\nif 'WORK_LOADS' not in os.environ:\n    import package_that_is_gone\n"
    written.write({"work.py": head + STEPS})
    run(written)
    monkeypatch.delenv("WORK_LOADS")
    failed = Client().replay_pipeline_run("training-1")
    assert failed.state == "FAILED"
    assert "package_that_is_gone" in str(failed.error)
    assert "work" in str(failed.error)
