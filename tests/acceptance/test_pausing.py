"""Runs that wait, with real processes: one starts them, others answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.desk import Desk

APPROVALS = """\
id: approvals
namespace: work
tasks:
  - {id: count, type: core.debug.Return, value: 4}
  - id: ask
    type: core.flow.Pause
    onResume:
      - {id: approved, type: BOOL, description: May it go on?}
      - {id: note, type: STRING, defaults: none}
  - {id: told, type: core.debug.Return, value: "{{ outputs.ask.onResume.approved }} {{ outputs.count.value }}"}
"""
DELAYED = """\
id: delayed
namespace: work
tasks:
  - {id: wait, type: core.flow.Pause, delay: PT1S}
  - {id: end, type: core.debug.Return, value: over}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_run_that_waits_ends_its_process_and_another_one_resumes_it(desk: Desk) -> None:
    waits = desk.do("run", desk.write("approvals.yaml", APPROVALS), code=3)

    assert "dalsegno resume approvals-1 -i approved=VALUE" in waits.err
    assert "May it go on?" in waits.err
    shown = desk.ask("show", "last")
    assert (shown["state"], [wait["address"] for wait in shown["waits"]]) == ("PAUSED", ["ask"])
    with desk.unchanged():
        refused = desk.do("resume", "last", "-i", "aproved=true", "--json", code=2)
        assert refused.error["closest"] == ["approved"]

    desk.do("resume", "approvals-1", "-i", "approved=true")

    assert desk.ask("outputs", "last")["tasks"]["told"] == {"value": "true 4"}
    with desk.unchanged():
        assert "has ended already (SUCCESS)" in desk.do("resume", "last", code=2).err


def test_a_delay_goes_on_where_a_killed_process_left_it(desk: Desk) -> None:
    with desk.start("run", desk.write("delayed.yaml", DELAYED)) as process:
        process.wait_for("PAUSED   wait")
    assert desk.ask("show", "last")["state"] == "RUNNING"

    desk.do("run", "resume", "last")

    shown = desk.ask("show", "last")
    assert (shown["state"], [each["attempts"] for each in shown["task_runs"]]) == ("SUCCESS", [1, 1])


def test_a_replay_stops_at_breakpoints_and_takes_other_values_on_the_way(desk: Desk) -> None:
    desk.do("run", desk.write("approvals.yaml", APPROVALS), code=3)
    desk.do("resume", "last", "-i", "approved=true")

    stopped = desk.do("replay", "last", "--from", "told", "--break-before", "told", code=3)
    assert "told has not begun: a breakpoint stands before it" in stopped.err
    assert "true 4" in stopped.err
    desk.do("resume", "last", "--task-input", "told.value=amended")

    assert desk.ask("outputs", "last")["tasks"]["told"] == {"value": "amended"}
    assert "told.value" in desk.do("show", "last").out
    # the amendment is an override like any other: a later replay carries it over
    desk.do("replay", "last", "--from", "told")
    assert desk.ask("outputs", "last")["tasks"]["told"] == {"value": "amended"}


def test_a_run_is_paused_from_another_terminal_and_goes_on_later(desk: Desk) -> None:
    flow = """\
id: long
namespace: work
tasks:
  - {id: each, type: core.flow.ForEach, values: "{{ range(1, 600) }}",
     tasks: [{id: nap, type: core.flow.Sleep, duration: PT0.05S}]}
"""
    with desk.start("run", desk.write("long.yaml", flow)) as process:
        process.wait_for("each[2].nap")
        asked = desk.do("pause", "last")
        assert "Asked to pause: long-1" in asked.out
        code, _, err = process.finish()
    assert code == 3
    assert "It was paused: nothing in it begins until it is resumed." in err
    assert "dalsegno resume long-1" in desk.do("show", "last").out
    with desk.unchanged():
        assert "long-1 waits already" in desk.do("pause", "last", code=2).err
    with desk.start("resume", "last") as process:
        process.wait_for("nap")
        desk.do("kill", "last")
        process.finish()
    assert desk.ask("show", "last")["state"] == "KILLED"
