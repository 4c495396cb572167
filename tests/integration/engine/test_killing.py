"""A run that is told to stop ends soon, KILLED, with all that finished before kept, and can be replayed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.integration.engine.lab import Lab
from tests.support.processes import wait_until_gone

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.errors import Refusal
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.service.open import open_service

FLOW = """
- {id: a, type: test.Mark}
- id: each
  type: core.flow.ForEach
  values: [1, 2]
  tasks:
    - id: side
      type: core.flow.Parallel
      tasks:
        - {id: done, type: test.Mark}
        - id: script
          type: scripts.shell.Commands
          commands:
            - echo $$ > FOLDER/pid
            - trap 'echo cleaned > FOLDER/cleaned; exit 0' TERM
            - echo begun
            - sleep 60 & wait
        - {id: sleep, type: core.flow.Sleep, duration: PT1H}
        - {id: wait, type: test.Do, call: wait}
    - {id: never, type: test.Mark}
- {id: last, type: test.Mark}
"""


class Background:
    """A run that another thread executes."""

    def __init__(self, lab: Lab, run: Run, **options: Any) -> None:
        self.ended: list[Run] = []
        self.failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._execute, args=(lab, run, options))
        self._thread.start()

    def _execute(self, lab: Lab, run: Run, options: dict[str, Any]) -> None:
        try:
            self.ended.append(lab.cases.execute(run.id, **options))
        except BaseException as error:  # noqa: BLE001 - the test raises it
            self.failed.append(error)

    def join(self) -> Run:
        """Give the run as it ended."""
        self._thread.join(30)
        assert not self._thread.is_alive()
        if self.failed:
            raise self.failed[0]
        return self.ended[0]


@pytest.fixture
def begun(lab: Lab, tmp_path: Path) -> Callable[..., tuple[Background, Run]]:
    """Start the flow and wait until all of its first item runs."""

    def start(**options: Any) -> tuple[Background, Run]:
        ready = threading.Semaphore(0)

        def wait(context: Any, _: Any) -> None:
            ready.release()
            context.wait(60)

        def listen(progress: Any) -> None:
            if getattr(getattr(progress, "line", None), "text", "") in ("begun", "did each[1].done"):
                ready.release()

        lab.doings["wait"] = wait
        run = lab.create(FLOW.replace("FOLDER", str(tmp_path)))
        background = Background(lab, run, observer=listen, **options)
        for _ in range(3):
            assert ready.acquire(timeout=30)
        return background, run

    return start


def check_killed(lab: Lab, run: Run, folder: Path) -> None:
    assert run.state is State.KILLED
    assert run.error is None
    assert lab.states(run) == {
        "a": State.SUCCESS,
        "each": State.KILLED,
        "each[1].side": State.KILLED,
        "each[1].done": State.SUCCESS,
        "each[1].script": State.KILLED,
        "each[1].sleep": State.KILLED,
        "each[1].wait": State.KILLED,
    }
    wait_until_gone(int((folder / "pid").read_text()))
    assert (folder / "cleaned").read_text() == "cleaned\n"
    for address in lab.states(run):
        assert [attempt.state for attempt in lab.cases.attempts(run.id, address)] == [lab.at(run, address).state]


def test_a_run_is_killed_from_another_service(
    lab: Lab, begun: Callable[..., tuple[Background, Run]], tmp_path: Path
) -> None:
    background, run = begun()
    other = open_service(lab.home)

    assert other.runs.kill(run.id).id == run.id
    other.close()

    check_killed(lab, background.join(), tmp_path)


def test_a_run_is_stopped_by_the_function_that_its_executor_was_given(
    lab: Lab, begun: Callable[..., tuple[Background, Run]], tmp_path: Path
) -> None:
    given: list[Callable[[], None]] = []
    background, _ = begun(stop=given.append)

    given[0]()
    given[0]()

    check_killed(lab, background.join(), tmp_path)


def test_a_killed_run_is_replayed_from_what_had_not_finished(
    lab: Lab, begun: Callable[..., tuple[Background, Run]]
) -> None:
    background, run = begun()
    lab.cases.kill(run.id)
    background.join()

    again = lab.replay(
        run, "- {id: a, type: test.Mark}\n- {id: last, type: test.Mark}", skip_successful=True, revision="latest"
    )

    assert again.state is State.SUCCESS
    assert lab.executed(again) == ["last"]


def test_a_run_that_nobody_executes_is_killed_on_the_spot(lab: Lab) -> None:
    run = lab.create("- {id: a, type: test.Mark}")

    assert lab.cases.kill(run.id).state is State.KILLED
    assert lab.cases.execute(run.id).state is State.KILLED
    assert lab.executed(run) == []


def test_a_run_that_has_ended_cannot_be_killed(lab: Lab) -> None:
    run = lab.run("- {id: a, type: test.Mark}")

    with pytest.raises(Refusal, match="has ended"):
        lab.cases.kill(run.id)


def test_a_task_that_finishes_though_it_was_told_to_stop_has_succeeded(lab: Lab) -> None:
    lab.doings["finish"] = lambda context, value: {"finished": lab.cases.kill(context.run_id).id == context.run_id}
    lab.doings["wait"] = lambda context, value: context.wait(60)

    run = lab.run("""
        - id: side
          type: core.flow.Parallel
          tasks:
            - {id: a, type: test.Do, call: finish}
            - {id: b, type: test.Do, call: wait}
        - {id: c, type: test.Mark}
    """)

    assert run.state is State.KILLED
    assert lab.states(run) == {"side": State.KILLED, "a": State.SUCCESS, "b": State.KILLED}


def test_nothing_is_left_behind_by_an_engine(lab: Lab) -> None:
    before = set(threading.enumerate())
    tasks = """
        - id: side
          type: core.flow.ForEach
          concurrencyLimit: 0
          values: [1, 2, 3, 4, 5, 6]
          tasks:
            - {id: a, type: test.Mark, file: content, fail: "{{ taskrun.value == 3 }}"}
            - {id: b, type: scripts.shell.Commands, commands: [touch left, echo told]}
    """
    lab.run(tasks)
    lab.run("- {id: a, type: test.Mark}")

    left = [thread for thread in threading.enumerate() if thread not in before]
    # the threads that listen for a wish to stop may notice half a second later that there is nothing left to stop
    for thread in left:
        assert thread.name in ("watch-cancel", "dalsegno-watch")
        thread.join(5)
        assert not thread.is_alive()
    scratch = lab.home / "artifacts" / "tmp"
    assert [path for folder in scratch.iterdir() if folder.is_dir() for path in folder.iterdir()] == []
    assert list((lab.home / "leases").iterdir()) == []


def test_stores_of_artifacts_that_are_open_beside_each_other_hold_one_lock_each(tmp_path: Path) -> None:
    descriptors = Path("/proc/self/fd" if Path("/proc/self/fd").is_dir() else "/dev/fd")
    before = len(list(descriptors.iterdir()))

    stores = [LocalArtifacts(tmp_path) for _ in range(12)]
    folders = {store.scratch() for store in stores}

    assert len(folders) == 12
    assert len(list(descriptors.iterdir())) - before <= 12


@pytest.mark.parametrize("group", ["core.flow.Parallel", "core.flow.Dag"])
def test_a_group_with_a_limit_that_is_stopped_before_a_kept_task_had_its_turn_is_killed(lab: Lab, group: str) -> None:
    lab.doings["finish"] = lambda context, value: {"finished": True}
    first = "{id: a, type: test.Do, call: finish}"
    tasks = f"[{{task: {first}}}, {{task: {{id: b, type: test.Mark}}}}]"
    if group == "core.flow.Parallel":
        tasks = f"[{first}, {{id: b, type: test.Mark}}]"
    origin = lab.run(f"- {{id: side, type: {group}, concurrent: 1, tasks: {tasks}}}")
    assert origin.state is State.SUCCESS
    lab.doings["finish"] = lambda context, value: {"finished": lab.cases.kill(context.run_id).id == context.run_id}

    run = lab.replay(origin, start=("a",))

    assert run.state is State.KILLED
    assert lab.states(run)["side"] is State.KILLED
    assert lab.states(run)["a"] is State.SUCCESS
