"""Rules that only a run can break: what a request named in vain, what stands further down, groups that are new."""

from __future__ import annotations

import pytest
from tests.integration.engine.lab import Lab

from dalsegno.errors import RequestRefused
from dalsegno.model.plan import Action
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest

BRANCHES = """
- {id: size, type: core.debug.Return, value: 5}
- id: choose
  type: core.flow.If
  condition: "{{ outputs.size.value > 3 }}"
  then: [{id: big, type: core.debug.Return, value: big}]
  else: [{id: small, type: core.debug.Return, value: small}]
"""


def test_rule_13_an_until_that_is_never_reached_ends_the_run_with_a_warning(lab: Lab) -> None:
    run = lab.run(BRANCHES, ReplayRequest(until=("small",)))
    assert run.state is State.WARNING
    assert run.error is not None
    assert "`small`" in run.error["message"]
    assert lab.run(BRANCHES, ReplayRequest(until=("big",))).state is State.SUCCESS


FLAT = """
- {id: load, type: core.debug.Return, value: 1}
- {id: check, type: core.execution.Fail}
"""
WRAPPED = """
- id: all
  type: core.flow.Parallel
  tasks:
    - id: first
      type: core.flow.Sequential
      tasks: [{id: load, type: core.debug.Return, value: 1}]
- {id: check, type: core.log.Log, message: fine}
"""


def test_what_is_kept_stands_in_the_group_that_is_around_it_now(lab: Lab) -> None:
    failed = lab.run(FLAT)
    replay = lab.replay(failed, WRAPPED, skip_successful=True)
    assert lab.at(replay, "load").parent == "first"
    again = lab.replay(replay, FLAT.replace("core.execution.Fail", "core.log.Log, message: fine"), start=("check",))
    assert lab.at(again, "load").parent is None


LOOPED = """
- {id: cities, type: core.debug.Return, value: [a, b]}
- id: each
  type: core.flow.ForEach
  values: "{{ outputs.cities.value }}"
  tasks: [{id: load, type: core.debug.Return, value: "{{ taskrun.value }}"}]
- {id: end, type: core.log.Log, message: end}
"""


def test_an_item_that_the_run_finds_to_be_kept_stands_in_the_group_that_is_around_it_now(lab: Lab) -> None:
    origin = lab.run(LOOPED)
    wrapped = LOOPED.replace(
        'tasks: [{id: load, type: core.debug.Return, value: "{{ taskrun.value }}"}]',
        "tasks: [{id: box, type: core.flow.Sequential, tasks: "
        '[{id: load, type: core.debug.Return, value: "{{ taskrun.value }}"}]}]',
    )
    # the list is another expression and gives the same: that its items are kept is known when it has run
    replay = lab.replay(origin, wrapped.replace("[a, b]", "\"{{ ['a', 'b'] }}\""), changed=True)
    assert lab.at(replay, "each[a].load").action is Action.REUSE
    assert {lab.at(replay, f"each[{city}].load").parent for city in "ab"} == {"each[a].box", "each[b].box"}


DYNAMIC = """
- {id: first, type: core.debug.Return, value: 1}
- id: tell
  type: core.debug.Return
  value: "{% for name in ['first', 'tell', 'later', 'last'] %}{{ outputs[name] is defined ? name : '-' }} {% endfor %}"
- {id: later, type: core.debug.Return, value: 2}
- {id: last, type: core.execution.Fail}
"""


def test_rule_06_a_dynamic_reader_finds_what_stands_before_it_and_nothing_that_is_kept_further_down(lab: Lab) -> None:
    without = "".join(
        line for line in DYNAMIC.splitlines(keepends=True) if "tell" not in line and "Return\n" not in line
    )
    replay = lab.replay(lab.run(without), DYNAMIC, skip_successful=True)
    assert lab.at(replay, "later").action is Action.REUSE
    assert lab.output(replay, "tell") == lab.output(lab.run(DYNAMIC), "tell") == "first - - - "


def test_what_stands_beside_the_reader_in_a_dag_is_found_whatever_the_order_of_the_text(lab: Lab) -> None:
    run = lab.run("""
- id: dag
  type: core.flow.Dag
  tasks:
    - task: {id: two, type: core.debug.Return, value: "{{ outputs.one.value }} and two"}
      dependsOn: [one]
    - task: {id: one, type: core.debug.Return, value: one}
""")
    assert lab.output(run, "two") == "one and two"


MAILS = """
- {id: people, type: core.debug.Return, value: [ada, bob]}
- id: each
  type: core.flow.ForEach
  values: "{{ outputs.people.value }}"
  tasks:
    - {id: mail, type: core.debug.Return, value: "to {{ taskrun.value }}", effects: external}
- {id: end, type: core.execution.Fail}
"""


def test_effects_in_a_loop_that_only_the_run_expands_are_asked_about_wherever_in_the_lineage_they_were(
    lab: Lab,
) -> None:
    root = lab.run(MAILS)
    shorter = lab.replay(root, MAILS.replace("[ada, bob]", "[ada]"), start=("people",), acknowledge=("mail",))
    # bob's mail is in the lineage, and not in the origin
    with pytest.raises(RequestRefused, match="mail"):
        lab.replay(shorter, MAILS, start=("people",), effects="reuse")
    with pytest.raises(RequestRefused, match="mail"):
        lab.replay(shorter, MAILS, start=("people",))
    assert "each[bob].mail" in lab.states(lab.replay(shorter, MAILS, start=("people",), acknowledge=("mail",)))


def test_rule_03_a_wrong_new_name_is_refused_and_nothing_is_said_to_be_dropped(lab: Lab) -> None:
    origin = lab.run(FLAT)
    request = ReplayRequest(origin=origin.id, skip_successful=True, renamed={"laod": "load"})
    plan = lab.cases.plan_replay(request, text=None, file=None)
    assert plan.dropped == ()
    assert [refusal.code for refusal in plan.refusals] == ["unknown-address"]
    assert "`load`" in plan.refusals[0].message


def test_rule_03_what_never_began_in_the_origin_may_have_another_name_now(lab: Lab) -> None:
    failed = lab.run("""
    - {id: load, type: core.execution.Fail}
    - {id: report, type: core.debug.Return, value: 1}
    """)
    fixed = """
    - {id: load, type: core.debug.Return, value: 1}
    - {id: summary, type: core.debug.Return, value: 1}
    """
    replay = lab.replay(failed, fixed, skip_successful=True, renamed={"summary": "report"})
    assert replay.state is State.SUCCESS
