"""WorkingDirectory: what its tasks share, what comes out, what stays for the next run, and how a replay meets it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.integration.engine.lab import Lab
from tests.support.clock import MovedClock

from dalsegno.errors import RequestRefused
from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.port import EndTask, Write

SHARED = """
- {{id: before, type: test.Mark, value: {before}}}
- id: wd
  type: core.flow.WorkingDirectory
  inputFiles: {{data/in.txt: "{{{{ outputs.before.value }}}}\\n"}}
  outputFiles: [out.txt, "*.log"]
  tasks:
    - {{id: first, type: scripts.shell.Commands, commands: [cat data/in.txt > middle.txt, echo 1 >> steps.log]}}
    - id: second
      type: scripts.shell.Commands
      outputFiles: [middle.txt]
      commands: ["echo again >> middle.txt", "{then}"]
    - {{id: third, type: scripts.shell.Commands, commands: [cat middle.txt > out.txt, echo 3 >> steps.log]}}
- id: after
  type: scripts.shell.Commands
  inputFiles: {{out.txt: "{{{{ outputs.wd.outputFiles['out.txt'] }}}}"}}
  commands: ['echo "::{{\\"outputs\\":{{\\"text\\":\\"$(cat out.txt | tr ''\\n'' '' '')\\"}}}}::"']
"""


def shared(before: str = "hello", then: str = "true") -> str:
    return SHARED.format(before=before, then=then)


def text(lab: Lab, run: Run) -> str:
    return lab.output(run, "after", "vars")["text"].strip()


def ran(lab: Lab, run: Run) -> list[str]:
    """Give what was executed, groups left out."""
    return [item.address for item in lab.cases.task_runs(run.id) if item.action is Action.RUN and item.task != "wd"]


def test_its_tasks_work_in_one_folder_whose_files_can_be_stored(lab: Lab) -> None:
    run = lab.run(shared())

    assert run.state is State.SUCCESS, run.error
    assert text(lab, run) == "hello again"
    assert set(lab.output(run, "wd", "outputFiles")) == {"out.txt", "steps.log"}
    assert set(lab.output(run, "second", "outputFiles")) == {"middle.txt"}


def test_its_folder_is_gone_when_it_has_ended(lab: Lab) -> None:
    run = lab.run("""
        - id: wd
          type: core.flow.WorkingDirectory
          tasks:
            - id: a
              type: scripts.shell.Commands
              commands: ['echo "::{\\"outputs\\":{\\"here\\":\\"$PWD {{ workingDir }}\\"}}::"']
    """)

    here, named = lab.output(run, "a", "vars")["here"].split()
    assert here == named
    assert not Path(here).exists()


def test_each_item_of_a_loop_has_a_folder_of_its_own(lab: Lab) -> None:
    run = lab.run("""
        - id: each
          type: core.flow.ForEach
          values: [x, y]
          concurrencyLimit: 0
          tasks:
            - id: wd
              type: core.flow.WorkingDirectory
              outputFiles: [found.txt]
              tasks:
                - {id: a, type: scripts.shell.Commands, commands: ["test ! -e item", "echo {{ taskrun.value }} > item"]}
                - {id: b, type: scripts.shell.Commands, commands: ["cat item > found.txt"]}
        - id: both
          type: scripts.shell.Commands
          inputFiles:
            x: "{{ outputs.wd.x.outputFiles['found.txt'] }}"
            y: "{{ outputs.wd.y.outputFiles['found.txt'] }}"
          commands: ['echo "::{\\"outputs\\":{\\"both\\":\\"$(cat x)$(cat y)\\"}}::"']
    """)

    assert run.state is State.SUCCESS, run.error
    assert lab.output(run, "both", "vars")["both"] == "xy"


def test_a_failure_inside_fails_it_and_stores_nothing(lab: Lab) -> None:
    run = lab.run(shared(then="exit 3"))

    assert run.state is State.FAILED
    assert {name: str(state) for name, state in lab.states(run).items()} == {
        "before": "SUCCESS", "wd": "FAILED", "first": "SUCCESS", "second": "FAILED",
    }  # fmt: skip


def test_a_file_that_is_to_be_stored_and_is_not_there_fails_it(lab: Lab) -> None:
    run = lab.run("""
        - id: wd
          type: core.flow.WorkingDirectory
          outputFiles: [nothing.txt]
          tasks: [{id: a, type: test.Mark}]
    """)

    assert lab.states(run) == {"wd": "FAILED", "a": "SUCCESS"}
    assert run.error is not None
    assert (run.error["address"], run.error["code"]) == ("wd", "output-file-missing")


def test_files_of_its_cache_are_there_in_the_next_run_until_they_are_too_old(lab: Lab, tmp_path: Path) -> None:
    clock = MovedClock()
    tasks = """
        - id: wd
          type: core.flow.WorkingDirectory
          cache: {patterns: ["deps/**"], ttl: PT1H}
          tasks:
            - id: a
              type: scripts.shell.Commands
              commands:
                - if [ -e deps/a/b.txt ]; then found=yes; else found=no; fi
                - mkdir -p deps/a && echo x > deps/a/b.txt && touch other.txt
                - echo "::{\\"outputs\\":{\\"found\\":\\"$found\\"}}::"
    """
    with Lab(tmp_path / "timed", lab.tally, clock) as timed:
        found = []
        for wait in (0, 10, 4_000):
            clock.move(wait)
            found.append(timed.output(timed.run(tasks), "a", "vars")["found"])

    assert found == ["no", "yes", "no"]


# replay


def test_a_start_inside_runs_it_whole_and_says_so(lab: Lab) -> None:
    origin = lab.run(shared())

    run = lab.replay(origin, start=("third",))

    assert run.state is State.SUCCESS, run.error
    assert ran(lab, run) == ["first", "second", "third", "after"]
    assert lab.at(run, "wd").reason == "you start at `third` inside it, and it runs as one"
    assert text(lab, run) == "hello again"


def test_it_is_kept_with_its_files_where_a_start_stands_below_it(lab: Lab) -> None:
    origin = lab.run(shared())

    run = lab.replay(origin, start=("after",))

    assert ran(lab, run) == ["after"]
    assert text(lab, run) == "hello again"


def test_where_it_failed_a_replay_that_skips_what_succeeded_runs_it_whole(lab: Lab) -> None:
    origin = lab.run(shared(then="exit 3"))

    run = lab.replay(origin, shared(), skip_successful=True)

    assert ran(lab, run) == ["first", "second", "third", "after"]
    assert run.state is State.SUCCESS, run.error


def test_another_definition_inside_runs_it_whole(lab: Lab) -> None:
    origin = lab.run(shared())
    assert ran(lab, lab.replay(origin, shared(), changed=True)) == []

    run = lab.replay(origin, shared(then="echo more >> middle.txt"), changed=True)

    assert ran(lab, run) == ["first", "second", "third", "after"]
    assert text(lab, run) == "hello again more"


def test_nothing_stops_between_tasks_that_share_a_folder(lab: Lab) -> None:
    with pytest.raises(
        RequestRefused, match="cannot stop before `second`: it shares a folder with others; stop before"
    ):
        lab.create(shared(), ReplayRequest(breakpoints=("second",)))

    run = lab.run(shared(), ReplayRequest(breakpoints=("wd",)))
    assert run.state is State.PAUSED


# a process that dies


class Died(BaseException):
    """The process is gone."""


def test_where_the_process_died_all_in_it_begins_anew(lab: Lab) -> None:
    run = lab.create(shared())
    ends: list[str] = []

    def dies(writes: Sequence[Write]) -> None:
        ends.extend(write.task_run for write in writes if isinstance(write, EndTask))
        if len(ends) == 3:  # before, first, second
            raise Died

    after, lab.store.after = lab.store.after, dies
    with pytest.raises(Died):
        lab.cases.execute(run.id)
    lab.store.after = after

    run = lab.cases.execute(run.id)

    assert run.state is State.SUCCESS, run.error
    assert text(lab, run) == "hello again"
    attempts = {name: lab.at(run, name).attempts for name in ("before", "wd", "first", "second", "third", "after")}
    assert attempts == {"before": 1, "wd": 1, "first": 2, "second": 2, "third": 2, "after": 1}
    assert len(lab.cases.outputs(run.id)["tasks"]["second"]["outputFiles"]) == 1
