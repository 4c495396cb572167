"""The runs that are stopped at every write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.crash.handling import (
    AFTERWARDS,
    BATCHES,
    BRANCHES,
    CALLED,
    CALLING,
    HANDLERS,
    LATE_GROUPS,
    REPEATED,
    RETRIED,
    SHARED_FOLDER,
    TOLERANT,
    items,
)

from dalsegno.replay.request import Expression, ReplayRequest
from dalsegno.service.resuming import Resumption

Steps = tuple[ReplayRequest, ...]


@dataclass(frozen=True)
class Scenario:
    """A run, and how it comes about.

    Parameters
    ----------
    tasks : the text of the flow's tasks.
    fixed : the tasks of the next revision, on which a replay is made.
    request : what is asked of a fresh run.
    before : for a replay, the requests that make the runs before it: the first is fresh, each other replays the last.
    kill : the run is killed by its task `ask`, by the function given to `stop` or by a request in the store.
    said : what is said where the run waits, by the address at which it waits first; where nothing is, it is resumed.
    otherwise : what is asked for in place of a request that is refused.
    called : the text of the flow `called`, which its tasks call.
    """

    name: str
    tasks: str
    request: ReplayRequest = field(default_factory=ReplayRequest)
    before: Steps = ()
    fixed: str | None = None
    kill: str | None = None
    said: Mapping[str, Resumption] = field(default_factory=dict[str, Resumption])
    otherwise: ReplayRequest | None = None
    called: str = ""

    def text(self, tasks: str) -> str:
        """Give the whole text of a flow."""
        return f"id: stopped\nnamespace: crash.tests\n{tasks}"


SEQUENCE = """
tasks:
  - {id: a, type: test.Mark, value: 1}
  - {id: b, type: test.Mark, value: "{{ outputs.a.value + 1 }}"}
  - {id: c, type: test.Mark, value: "{{ outputs.b.value + 1 }}"}
outputs:
  - {id: sum, type: INT, value: "{{ outputs.c.value }}"}
"""

GROUPS = """
tasks:
  - id: outer
    type: core.flow.Sequential
    tasks:
      - {id: a, type: test.Mark}
      - id: side
        type: core.flow.Parallel
        tasks:
          - {id: b, type: test.Mark}
          - id: inner
            type: core.flow.Sequential
            tasks:
              - {id: c, type: test.Mark}
              - {id: d, type: test.Mark, value: "{{ outputs.c.value }}"}
          - {id: e, type: test.Mark}
      - {id: f, type: test.Mark}
"""

NESTED_LOOPS = """
tasks:
  - id: each
    type: core.flow.ForEach
    values: [x, y]
    tasks:
      - {id: a, type: test.Mark, value: "{{ taskrun.value }}"}
      - id: again
        type: core.flow.ForEach
        concurrencyLimit: 0
        values: [1, 2]
        tasks:
          - {id: b, type: test.Mark, value: "{{ parent.taskrun.value }}{{ taskrun.value }}"}
  - {id: all, type: test.Mark, value: "{{ outputs.b }}"}
"""

PARALLEL_IN_LOOP = """
tasks:
  - {id: list, type: test.Mark, value: [p, q, r]}
  - id: each
    type: core.flow.ForEach
    values: "{{ outputs.list.value }}"
    concurrencyLimit: 2
    tasks:
      - id: side
        type: core.flow.Parallel
        concurrent: 1
        tasks:
          - {id: a, type: test.Mark, value: "{{ taskrun.value }}"}
          - {id: b, type: test.Mark}
      - {id: c, type: test.Mark, value: "{{ outputs.a[taskrun.value].value }}"}
"""

LOOP_DECIDED_INSIDE = """
tasks:
  - {id: list, type: test.Mark, value: [p, q]}
  - id: each
    type: core.flow.ForEach
    values: "{{ outputs.list.value }}"
    concurrencyLimit: 0
    tasks:
      - {id: parts, type: test.Mark, value: ["{{ taskrun.value }}1", "{{ taskrun.value }}2"]}
      - id: part
        type: core.flow.ForEach
        values: "{{ outputs.parts[taskrun.value].value }}"
        tasks:
          - {id: do, type: test.Mark, value: "{{ taskrun.value }}"}
  - {id: end, type: test.Mark, value: "{{ outputs.do }}"}
"""

FAILING_SIBLING = """
tasks:
  - id: side
    type: core.flow.Parallel
    tasks:
      - {id: a, type: test.Mark}
      - {id: bad, type: test.Mark, fail: true}
      - id: long
        type: core.flow.Sequential
        tasks:
          - {id: b, type: test.Mark}
          - {id: c, type: test.Mark}
  - {id: never, type: test.Mark}
"""


def failing_item(limit: int, bad: str = "{{ taskrun.value == 2 }}") -> str:
    """Give a loop over 1, 2, 3, 4 of which one item fails."""
    return f"""
tasks:
  - id: each
    type: core.flow.ForEach
    values: [1, 2, 3, 4]
    concurrencyLimit: {limit}
    tasks:
      - {{id: a, type: test.Mark, value: "{{{{ taskrun.value }}}}"}}
      - {{id: b, type: test.Mark, value: "{{{{ outputs.a[taskrun.value].value }}}}", fail: "{bad}"}}
      - {{id: c, type: test.Mark}}
  - {{id: end, type: test.Mark, value: "{{{{ outputs.b }}}}"}}
"""


EDGES_OF_LOOPS = """
tasks:
  - {id: none, type: core.flow.ForEach, values: [], tasks: [{id: n, type: test.Mark}]}
  - id: same
    type: core.flow.ForEach
    values: [a, a, "1", 1]
    tasks: [{id: s, type: test.Mark, value: "{{ taskrun.value }}"}]
  - id: maps
    type: core.flow.ForEach
    values: [{k: [1]}, {k: [2]}]
    tasks: [{id: m, type: test.Mark, value: "{{ taskrun.value.k }}"}]
  - {id: all, type: test.Mark, value: ["{{ outputs.s }}", "{{ outputs.m }}"]}
"""

LARGE = """
tasks:
  - {id: big, type: test.Mark, size: 40000}
  - {id: sum, type: test.Mark, value: "{{ outputs.big.text | length }}"}
  - {id: file, type: test.Mark, file: "{{ outputs.sum.value }}"}
  - id: read
    type: scripts.shell.Commands
    inputFiles: {in.txt: "{{ outputs.file.uri }}"}
    outputFiles: [out.txt]
    commands: ["cat in.txt in.txt > out.txt", "echo '::{\\"outputs\\": {\\"n\\": 3}}::'", "echo told >&2"]
  - {id: last, type: test.Mark, value: "{{ outputs.read.vars.n }}"}
outputs:
  - {id: file, type: STRING, value: "{{ outputs.read.outputFiles['out.txt'] }}"}
"""

FAILING_OUTPUTS = """
tasks:
  - {id: a, type: test.Mark}
outputs:
  - {id: x, type: STRING, value: "{{ outputs.a.missing }}"}
"""

BAD_LOOP = """
tasks:
  - {id: a, type: test.Mark, value: text}
  - id: side
    type: core.flow.Parallel
    tasks:
      - {id: each, type: core.flow.ForEach, values: "{{ outputs.a.value }}", tasks: [{id: n, type: test.Mark}]}
      - {id: b, type: test.Mark}
"""

WAITS = """
tasks:
  - {id: a, type: test.Mark}
  - {id: wait, type: core.flow.Sleep, duration: PT0.02S}
  - id: each
    type: core.flow.ForEach
    concurrencyLimit: 0
    values: [PT0.01S, PT0.03S]
    tasks:
      - {id: sleep, type: core.flow.Sleep, duration: "{{ taskrun.value }}"}
      - {id: b, type: test.Mark, value: "{{ taskrun.value }}"}
"""

KILLED = """
tasks:
  - {id: a, type: test.Mark}
  - id: each
    type: core.flow.ForEach
    values: [1, 2]
    tasks:
      - id: side
        type: core.flow.Parallel
        tasks:
          - {id: ask, type: test.Do, call: kill}
          - {id: wait, type: test.Do, call: wait}
      - {id: never, type: test.Mark}
"""

PAUSES = """
tasks:
  - {id: a, type: test.Mark}
  - id: side
    type: core.flow.Parallel
    tasks:
      - id: left
        type: core.flow.Sequential
        tasks:
          - {id: ask, type: core.flow.Pause, onResume: [{id: fine, type: BOOL}]}
          - {id: b, type: test.Mark, value: "{{ outputs.ask.onResume.fine }}"}
      - {id: other, type: core.flow.Pause, onResume: [{id: why, type: STRING, defaults: no reason}]}
      - {id: c, type: test.Mark}
  - {id: soon, type: core.flow.Pause, delay: PT0.01S, behavior: WARN}
  - {id: end, type: test.Mark, value: "{{ outputs.other.onResume.why }}"}
"""

LATE = """
tasks:
  - {id: a, type: test.Mark}
  - id: side
    type: core.flow.Parallel
    tasks:
      - {id: late, type: core.flow.Pause, timeout: PT0.005S}
      - {id: wait, type: core.flow.Sleep, duration: PT0.02S}
      - {id: b, type: test.Mark}
  - {id: never, type: test.Mark}
"""

FRESH = ReplayRequest()
SCENARIOS = (
    Scenario("sequence", SEQUENCE),
    Scenario("groups", GROUPS),
    Scenario("nested loops", NESTED_LOOPS),
    Scenario("parallel in loop", PARALLEL_IN_LOOP),
    Scenario("loop decided inside a loop", LOOP_DECIDED_INSIDE),
    Scenario("failing sibling", FAILING_SIBLING),
    Scenario("failing item, one at a time", failing_item(1)),
    Scenario("failing item, two at a time", failing_item(2)),
    Scenario("failing item, all at once", failing_item(0)),
    Scenario("empty, equal and structured items", EDGES_OF_LOOPS),
    Scenario("large values and files", LARGE),
    Scenario("outputs of the flow fail", FAILING_OUTPUTS),
    Scenario("items are no list", BAD_LOOP),
    Scenario("waits", WAITS),
    Scenario("killed here", KILLED, kill="stop"),
    Scenario("killed from outside", KILLED, kill="request"),
    Scenario(
        "fresh with overrides and pins",
        PARALLEL_IN_LOOP,
        ReplayRequest(
            task_inputs={"c": {"value": "given"}, "each[q].a": {"value": Expression("{{ taskrun.value }}!")}},
            outputs={"list": {"value": ["q", "s"], "text": "y" * 20_000, "uri": None}},
        ),
    ),
    Scenario(
        "replay from inside a loop",
        failing_item(0),
        ReplayRequest(start=("each[2].b",), revision="latest"),
        before=(FRESH,),
        fixed=failing_item(0, bad="false"),
    ),
    Scenario(
        "replay that skips what succeeded",
        failing_item(2),
        ReplayRequest(skip_successful=True, revision="latest"),
        before=(FRESH,),
        fixed=failing_item(2, bad="false"),
    ),
    Scenario(
        "replay with pin and override",
        LARGE,
        ReplayRequest(
            start=("sum",), outputs={"file": {"value": 1, "text": "", "uri": None}}, task_inputs={"last": {"value": 5}}
        ),
        before=(FRESH,),
    ),
    Scenario(
        "replay that decides items on the way", LOOP_DECIDED_INSIDE, ReplayRequest(start=("parts",)), before=(FRESH,)
    ),
    Scenario("branches, choices and dags", BRANCHES),
    Scenario("errors and finally", HANDLERS),
    Scenario("after a run that failed", AFTERWARDS),
    Scenario("after a run that went well", AFTERWARDS.replace("fail: true}\nfinally", "value: 1}\nfinally")),
    Scenario("a group whose time is over", LATE_GROUPS),
    Scenario("tolerated failures", TOLERANT),
    Scenario("tried again", RETRIED),
    Scenario("loops that repeat", REPEATED),
    Scenario("a shared folder", SHARED_FOLDER),
    Scenario("a subflow", CALLING, called=CALLED),
    Scenario(
        "a subflow that fails",
        CALLING.replace("Limit: 0", "Limit: 1"),
        called=CALLED.replace("runIf: false", "runIf: true"),
    ),
    Scenario(
        "a subflow that waits",
        CALLING,
        called=CALLED.replace("core.flow.Sleep, duration: PT0.005S", "core.flow.Pause"),
        said={"each[1].call": Resumption(at=("each[1].call",)), "each[2].call": Resumption(at=("each[2].call",))},
    ),
    Scenario(
        "replay from inside a subflow",
        CALLING,
        ReplayRequest(start=("each[1].call.two",)),
        before=(FRESH,),
        called=CALLED,
    ),
    Scenario("batches of a file", BATCHES, called=CALLED),
    Scenario(
        "a batch that fails", BATCHES.replace("1\\n2\\n1", "2"), called=CALLED.replace("runIf: false", "runIf: true")
    ),
    Scenario(
        "replay with a batch more",
        BATCHES,
        ReplayRequest(changed=True, revision="latest"),
        before=(FRESH,),
        fixed=BATCHES.replace("2\\n", "2\\n3\\n"),
        called=CALLED,
    ),
    Scenario("replay of a shared folder", SHARED_FOLDER, ReplayRequest(start=("d",)), before=(FRESH,)),
    Scenario("replay of loops that repeat", REPEATED, ReplayRequest(start=("each[2].wait",)), before=(FRESH,)),
    Scenario(
        "replay from inside a dag in a branch",
        BRANCHES,
        ReplayRequest(start=("each[p].b",), revision="latest"),
        before=(FRESH,),
        fixed=BRANCHES.replace(", fail: true", ""),
    ),
    Scenario("replay of what its handlers followed", HANDLERS, ReplayRequest(skip_successful=True), before=(FRESH,)),
    Scenario(
        "replay of what a run was followed by",
        AFTERWARDS,
        ReplayRequest(skip_successful=True, revision="latest"),
        before=(FRESH,),
        fixed=AFTERWARDS.replace("fail: true}\nfinally", "value: 1}\nfinally"),
    ),
    Scenario("replay after a tolerated failure", TOLERANT, ReplayRequest(start=("d",)), before=(FRESH,)),
    Scenario(
        "replay of what changed and gave the same",
        items("['p', 'q']"),
        ReplayRequest(changed=True, revision="latest"),
        before=(FRESH,),
        fixed=items(" ['p', 'q']"),
    ),
    Scenario(
        "replay of what changed, with an item more and one less",
        items("['p', 'q']"),
        ReplayRequest(changed=True, revision="latest"),
        before=(FRESH,),
        fixed=items("['q', 'r']"),
    ),
    Scenario(
        "replay of what changed, to another branch",
        items("['p', 'q']"),
        ReplayRequest(changed=True, revision="latest"),
        before=(FRESH,),
        fixed=items("['p']"),
    ),
    Scenario("replay of a part", BRANCHES, ReplayRequest(until=("b", "e")), before=(FRESH,)),
    Scenario("replay of everything", NESTED_LOOPS, ReplayRequest(), before=(FRESH,)),
    Scenario(
        "replay of a replay",
        GROUPS,
        ReplayRequest(start=("f",)),
        before=(FRESH, ReplayRequest(start=("d",), task_inputs={"d": {"value": 7}})),
    ),
    Scenario(
        "replay of a killed run",
        KILLED,
        ReplayRequest(skip_successful=True, revision="latest"),
        before=(FRESH,),
        fixed=KILLED.replace("test.Do, call: kill", "test.Mark").replace("test.Do, call: wait", "test.Mark"),
        kill="stop",
    ),
    Scenario(
        "pauses",
        PAUSES,
        said={"ask": Resumption({"fine": "true"}, at=("ask",)), "other": Resumption({"why": "all is well"})},
    ),
    Scenario("a pause whose time is over", LATE),
    Scenario(
        "breakpoints",
        GROUPS,
        ReplayRequest(breakpoints=("side", "d", "f")),
        said={
            "side": Resumption(),
            "d": Resumption(task_inputs={"f": {"value": "amended"}, "d": {"value": 8}}, breakpoints=("d", "f")),
            "f": Resumption(),
        },
    ),
    Scenario(
        "replay with a breakpoint, of a run that waited",
        PAUSES,
        ReplayRequest(start=("b", "other"), breakpoints=("b",)),
        before=(FRESH,),
        said={
            "ask": Resumption({"fine": True}),
            "b": Resumption(task_inputs={"b": {"value": 3}, "end": {"value": "over"}}, breakpoints=("end",)),
            "other": Resumption({"why": "again"}),
            "end": Resumption(breakpoints=()),
        },
    ),
)
