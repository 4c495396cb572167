"""Runs that are killed, wait, or are tried again in the middle of loops, branches and Dags, to be stopped at every write."""

from __future__ import annotations

from tests.crash.scenarios import FRESH, Scenario

from dalsegno.replay.request import ReplayRequest
from dalsegno.service.resuming import Resumption

KILLED_IN_BRANCHES = """
tasks:
  - {id: a, type: test.Mark}
  - id: each
    type: core.flow.ForEach
    values: [1, 2]
    concurrencyLimit: 0
    tasks:
      - id: if
        type: core.flow.If
        condition: "{{ taskrun.value == 2 }}"
        then:
          - id: dag
            type: core.flow.Dag
            tasks:
              - {task: {id: ask, type: test.Do, call: kill}, dependsOn: [b]}
              - {task: {id: b, type: test.Mark}}
              - {task: {id: never, type: test.Mark}, dependsOn: [ask]}
        else:
          - {id: wait, type: test.Do, call: wait}
        errors: [{id: no_failure, type: test.Mark}]
  - {id: end, type: test.Mark}
"""

KILLED_WHILE_WAITING = """
tasks:
  - {id: a, type: test.Mark}
  - id: side
    type: core.flow.Parallel
    tasks:
      - {id: paused, type: core.flow.Pause}
      - {id: delayed, type: core.flow.Pause, delay: PT1H}
      - {id: asleep, type: core.flow.Sleep, duration: PT1H}
      - {id: again, type: test.Mark, fail: true, retry: {type: constant, interval: PT1H, maxAttempts: 3}}
      - {id: ask, type: test.Do, call: kill}
  - {id: never, type: test.Mark}
"""

WAITS_INSIDE = """
tasks:
  - {id: list, type: test.Mark, value: [x, y]}
  - id: each
    type: core.flow.ForEach
    values: "{{ outputs.list.value }}"
    concurrencyLimit: 0
    tasks:
      - id: if
        type: core.flow.If
        condition: "{{ taskrun.value == 'x' }}"
        then:
          - {id: ask, type: core.flow.Pause, onResume: [{id: fine, type: BOOL}]}
          - {id: b, type: test.Mark, value: "{{ outputs.ask[taskrun.value].onResume.fine }}"}
        else:
          - id: again
            type: test.Mark
            fail: "{{ taskrun.attemptsCount < 2 }}"
            retry: {type: constant, interval: PT0.005S, maxAttempts: 40}
          - {id: sleep, type: core.flow.Sleep, duration: PT0.005S}
        finally: [{id: f, type: test.Mark, value: "{{ taskrun.value }}"}]
  - id: tolerant
    type: core.flow.AllowFailure
    tasks:
      - {id: bad, type: test.Mark, fail: true}
    errors: [{id: handle, type: core.flow.Pause}]
  - {id: end, type: test.Mark, value: "{{ outputs.f }}"}
"""

#: where the run with breakpoints waits, besides where something more is said
HELD = ("each[x].if", "each[y].if", "each[y].again", "each[x].f", "each[y].f", "bad", "handle")

WAITING = (
    Scenario("killed here, in a branch of a loop", KILLED_IN_BRANCHES, kill="stop"),
    Scenario("killed from outside, in a branch of a loop", KILLED_IN_BRANCHES, kill="request"),
    Scenario("killed here, while others wait", KILLED_WHILE_WAITING, kill="stop"),
    Scenario("killed from outside, while others wait", KILLED_WHILE_WAITING, kill="request"),
    Scenario(
        "replay of what was killed in a branch",
        KILLED_IN_BRANCHES,
        ReplayRequest(skip_successful=True, revision="latest"),
        before=(FRESH,),
        fixed=KILLED_IN_BRANCHES.replace("test.Do, call: kill", "test.Mark").replace(
            "test.Do, call: wait", "test.Mark"
        ),
        kill="stop",
    ),
    Scenario(
        "pauses in loops, branches and handlers",
        WAITS_INSIDE,
        said={"each[x].ask": Resumption({"fine": True}), "handle": Resumption()},
    ),
    Scenario(
        "breakpoints in loops, branches and handlers, and before what is tried again",
        WAITS_INSIDE,
        ReplayRequest(breakpoints=("if", "again", "each[x].b", "f", "bad")),
        said={
            **{name: Resumption(at=(name,)) for name in HELD},
            "each[x].ask": Resumption({"fine": True}, at=("each[x].ask",)),
            "each[x].b": Resumption(task_inputs={"b": {"value": "amended"}}, at=("each[x].b",)),
        },
    ),
    Scenario(
        "replay from inside a branch, with a pause that is kept",
        WAITS_INSIDE,
        ReplayRequest(start=("each[x].b",), breakpoints=("each[x].b",)),
        before=(FRESH,),
        said={
            "each[x].ask": Resumption({"fine": False}),
            "each[x].b": Resumption(),
            "handle": Resumption(),
        },
    ),
)
