"""Each code block of ZenML's page "Replaying runs and steps", as somebody would try it: only the import is another.

The blocks speak of `my_dataframe`, `step_run_uuid` and the like: the tests give these names. Every block runs as a script in a
process of its own, as a module that is imported, as text that is piped into Python, as `python -c`, and in a notebook's cells.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

#: the page's own example, with bodies, and with steps that the later blocks speak of
DEFINED = """
from dalsegno import pipeline, step

@step
def load_data() -> dict:
    return {"rows": [1, 2, 3]}

@step
def trainer(training_data: pd.DataFrame, learning_rate: float = 0.1) -> float:
    return float(training_data["x"].sum()) * learning_rate

@step
def make_frame(data: dict) -> pd.DataFrame:
    return pd.DataFrame({"x": data["rows"]})

@step
def train(data: dict, X_train: pd.DataFrame) -> None:
    print("trained on", data, list(X_train["x"]))

@pipeline
def training_pipeline(learning_rate: float = 0.1):
    data = load_data()
    frame = make_frame(data)
    train(data=data, X_train=frame)
    train(data=data, X_train=frame)
    trainer(frame, learning_rate=learning_rate)
"""

#: what stands around the blocks: a first run, and what they name
BEFORE = """
first = training_pipeline(learning_rate=0.5)
my_dataframe = pd.DataFrame({"x": [100, 200]})
my_new_dataframe = my_dataframe
step_run_uuid = first.steps["train"].id
artifact_uuid = UUID(first.steps["make_frame"].output.id)
name = first.name

def told(run):
    return [f"{one}={step.action}" for one, step in run.steps.items()]
"""

BLOCKS = {
    "replay the latest run": """
        run = training_pipeline.replay()
        assert set(told(run)) == {"load_data=RUN", "make_frame=RUN", "train=RUN", "train_2=RUN", "trainer=RUN"}
        assert run.steps["trainer"].output.load() == 3.0, "the parameter carries over"
    """,
    "replay a specific run": """
        run = training_pipeline.replay(pipeline_run=name)
        assert training_pipeline.replay(pipeline_run=first.id).model.origin == run.model.origin == first.id
    """,
    "replay a run from the server": """
        from dalsegno import Client
        run = Client().replay_pipeline_run(name_id_or_prefix=name)
        assert run.state == "SUCCESS" and run.model.origin == first.id
        assert run.steps["trainer"].output.load() == 3.0
    """,
    "skip steps": """
        run = training_pipeline.replay(skip=["load_data"])
        assert "load_data=REUSE" in told(run) and "trainer=RUN" in told(run)
        run = training_pipeline.replay(skip_successful_steps=True)
        assert all(one.endswith("=REUSE") for one in told(run)), told(run)
    """,
    "skip steps from the server": """
        from dalsegno import Client
        run = Client().replay_pipeline_run(
            name_id_or_prefix=name,
            run_configuration={"steps_to_skip": ["load_data"]},
        )
        assert "load_data=REUSE" in told(run) and "trainer=RUN" in told(run)
        run = Client().replay_pipeline_run(
            name_id_or_prefix=name,
            run_configuration={"skip_successful_steps": True},
        )
        assert all(one.endswith("=REUSE") for one in told(run)), told(run)
    """,
    "override parameters": """
        run = training_pipeline.replay(input_overrides={"learning_rate": 0.01})
        assert run.steps["trainer"].output.load() == 0.06
    """,
    "override parameters from the server": """
        from dalsegno import Client
        run = Client().replay_pipeline_run(
            name_id_or_prefix=name,
            run_configuration={"parameters": {"learning_rate": 0.01}},
        )
        assert run.steps["trainer"].output.load() == 0.06
    """,
    "override inputs of steps": """
        run = training_pipeline.replay(
            pipeline_run=name,
            step_input_overrides={
                "trainer": {
                    "training_data": my_dataframe,
                }
            },
        )
        assert run.steps["trainer"].output.load() == 150.0
    """,
    "override inputs of steps from the server": """
        from dalsegno import Client
        from uuid import UUID
        run = Client().replay_pipeline_run(
            name_id_or_prefix=name,
            run_configuration={
                "step_input_overrides": {
                    "trainer": {
                        "training_data": artifact_uuid,
                        "learning_rate": 0.01,
                    }
                }
            },
        )
        assert run.steps["trainer"].output.load() == 0.06
        run = Client().replay_pipeline_run(
            name_id_or_prefix=name, run_configuration={"step_input_overrides": {"trainer": {"training_data": my_dataframe}}}
        )
        assert run.steps["trainer"].output.load() == 150.0
    """,
    "replay a single step": """
        latest = training_pipeline.replay(pipeline_run=name, input_overrides={"learning_rate": 2.0})
        assert trainer.replay(pipeline="training_pipeline") == 12.0
        assert trainer.replay(pipeline_run=name) == 3.0
        assert train.replay(step_run_id=step_run_uuid) is None
    """,
    "replay a single step with other inputs": """
        import pandas as pd
        train.replay(
            pipeline="training_pipeline",
            invocation_id="train",
            input_overrides={"X_train": my_new_dataframe},
        )
    """,
    "replay one of several invocations": """
        train.replay(pipeline="training_pipeline", invocation_id="train_2")
    """,
    "debug": """
        run = training_pipeline.replay(debug=True)
        assert run.state == "SUCCESS"
        train.replay(pipeline="training_pipeline", invocation_id="train", debug=True)
    """,
}
IMPORTS = "import pandas as pd\nfrom uuid import UUID\n"


def blocks() -> str:
    return "".join(f"\n# {name}\n{dedent(text)}print('did: {name}')\n" for name, text in BLOCKS.items())


def python(*arguments: str, folder: Path, text: str | None = None) -> str:
    ended = subprocess.run(
        [sys.executable, "-B", "-W", "error", *arguments],
        cwd=folder,
        input=text,
        env={**os.environ, "DALSEGNO_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def check(out: str) -> None:
    assert [line for line in out.splitlines() if line.startswith("did: ")] == [f"did: {name}" for name in BLOCKS]


def test_the_blocks_run_in_a_script(tmp_path: Path) -> None:
    body = f"{BEFORE}{blocks()}"
    (tmp_path / "work.py").write_text(f'{IMPORTS}{DEFINED}\nif __name__ == "__main__":\n{_indented(body)}')
    check(python("work.py", folder=tmp_path))


def test_the_blocks_run_in_a_script_with_calls_at_its_top_level(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(f"{IMPORTS}{DEFINED}{BEFORE}{blocks()}")
    check(python("work.py", folder=tmp_path))


def test_the_blocks_run_with_steps_of_an_imported_module(tmp_path: Path) -> None:
    (tmp_path / "my_steps.py").write_text(IMPORTS + DEFINED)
    (tmp_path / "work.py").write_text(f"{IMPORTS}from my_steps import *\n{BEFORE}{blocks()}")
    check(python("work.py", folder=tmp_path))


def test_the_blocks_run_when_they_are_piped_into_python(tmp_path: Path) -> None:
    check(python("-", folder=tmp_path, text=f"{IMPORTS}{DEFINED}{BEFORE}{blocks()}"))


def test_the_blocks_run_in_an_argument_of_python(tmp_path: Path) -> None:
    check(python("-c", f"{IMPORTS}{DEFINED}{BEFORE}{blocks()}", folder=tmp_path))


def test_the_blocks_run_in_the_cells_of_a_notebook(tmp_path: Path) -> None:
    cells = [IMPORTS + DEFINED, BEFORE, *(f"{dedent(text)}print('did: {name}')" for name, text in BLOCKS.items())]
    kernel = """
        import linecache, __main__
        def run_cell(cell, file):
            linecache.cache[file] = (len(cell), None, cell.splitlines(True), file)
            exec(compile(cell, file, "exec"), vars(__main__))
        for number, cell in enumerate(CELLS):
            run_cell(cell, f"<ipython-input-{number}>")
    """
    check(python("-", folder=tmp_path, text=f"CELLS = {cells!r}\n{dedent(kernel)}\n"))


def test_the_blocks_run_at_the_interactive_prompt(tmp_path: Path) -> None:
    # a statement of several lines ends with an empty line there
    lines = f"{IMPORTS}{DEFINED}{BEFORE}"
    typed = "\n".join(_typed(lines)) + "\nprint('did it:', training_pipeline.replay(skip=['load_data']))\n"
    assert "did it: <PipelineRun training_pipeline-2: SUCCESS>" in python("-i", folder=tmp_path, text=typed)


def test_a_run_of_a_script_is_replayed_by_somebody_who_has_not_got_the_script(tmp_path: Path) -> None:
    script = tmp_path / "work.py"
    script.write_text(f'{IMPORTS}{DEFINED}\nprint("loaded")\ntraining_pipeline(learning_rate=0.5)')
    python("work.py", folder=tmp_path)
    script.unlink()
    out = python("-c", "import pandas as pd\nfrom uuid import UUID\n" + OTHER, folder=tmp_path)
    assert "loaded" not in out


OTHER = """
from dalsegno import Client
client = Client()
first = client.get_pipeline_run("training_pipeline-1")
run = client.replay_pipeline_run(name_id_or_prefix="training_pipeline-1")
assert run.steps["trainer"].output.load() == 3.0, run.steps
run = client.replay_pipeline_run("training_pipeline-1", run_configuration={"parameters": {"learning_rate": 0.01}})
assert run.steps["trainer"].output.load() == 0.06
run = client.replay_pipeline_run("training_pipeline-1", run_configuration={"steps_to_skip": ["load_data"],
    "step_input_overrides": {"make_frame": {"data": {"rows": [10]}}, "trainer": {"learning_rate": 1}}})
assert run.steps["trainer"].output.load() == 10.0
assert run.steps["load_data"].action == "REUSE"
"""


@pytest.mark.parametrize("gone", [False, True], ids=["changed", "deleted"])
def test_what_ran_then_runs_again_after_its_module_was_changed_or_deleted(tmp_path: Path, gone: bool) -> None:
    module = tmp_path / "my_steps.py"
    helper = tmp_path / "rates.py"
    helper.write_text("def rate(given):\n    return given * 2\n")
    module.write_text(IMPORTS + "import rates\n" + DEFINED.replace("* learning_rate", "* rates.rate(learning_rate)"))
    start = "from my_steps import training_pipeline\nrun = training_pipeline(learning_rate=0.5)\n"
    python("-c", start, folder=tmp_path)
    if gone:
        module.unlink()
        helper.unlink()
    else:
        helper.write_text("def rate(given):\n    return given * 1000\n")
    replay = """
from dalsegno import Client
run = Client().replay_pipeline_run("training_pipeline-1", {"parameters": {"learning_rate": 1}})
assert run.steps["trainer"].output.load() == 12.0, run.steps["trainer"].output.load()
"""
    python("-c", replay, folder=tmp_path)
    if not gone:
        local = """
from my_steps import training_pipeline
run = training_pipeline.replay(pipeline_run="training_pipeline-1")
assert run.steps["trainer"].output.load() == 3000.0
run = training_pipeline.replay(pipeline_run="training_pipeline-1", revision="original")
assert run.steps["trainer"].output.load() == 6.0
"""
        python("-c", local, folder=tmp_path)


DEBUGGED = """
from dalsegno import pipeline, step

@step
def divide(number: int, by: int) -> float:
    BREAK
    return number / by

@pipeline
def dividing(by: int):
    divide(10, by)

if __name__ == "__main__":
    CALL
"""


def test_breakpoint_stops_in_a_step_that_is_debugged(tmp_path: Path) -> None:
    text = DEBUGGED.replace("BREAK", "breakpoint()").replace("CALL", "dividing(5, debug=True)")
    (tmp_path / "work.py").write_text(text)
    out = python("work.py", folder=tmp_path, text="p 'it is', number * 11\nc\n")
    assert "('it is', 110)" in out


def test_post_mortem_opens_the_debugger_at_the_line_that_failed(tmp_path: Path) -> None:
    text = DEBUGGED.replace("BREAK", "pass").replace("CALL", "dividing(0, post_mortem=True, raise_on_failure=False)")
    (tmp_path / "work.py").write_text(text)
    out = python("work.py", folder=tmp_path, text="p 'it is', by + 7\nq\n")
    assert "-> return number / by" in out
    assert "('it is', 7)" in out


def test_a_replay_is_debugged_and_leaves_the_run_that_it_replays_alone(tmp_path: Path) -> None:
    call = """first = dividing(5)
    os.environ["LOOK"] = "yes"
    dividing.replay(debug=True)
    divide.replay(pipeline="dividing", debug=True)
    del os.environ["LOOK"]
    assert dividing.replay(skip_successful_steps=True).model.origin == first.id"""
    text = DEBUGGED.replace("BREAK", "'LOOK' in os.environ and breakpoint()").replace("CALL", call)
    (tmp_path / "work.py").write_text(f"import os\n{text}")
    out = python("work.py", folder=tmp_path, text="p 'it is', number * 11\nc\np 'it is', by\nc\n")
    assert "('it is', 110)" in out
    assert "('it is', 5)" in out


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())


def _typed(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.splitlines():
        if lines and lines[-1].startswith(" ") and line and not line.startswith(" "):
            lines.append("")
        if line:
            lines.append(line)
    return [*lines, ""]
