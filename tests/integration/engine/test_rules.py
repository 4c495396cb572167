"""The rules of a replay that only a store and an engine can show, by number (docs/replay.md)."""

from __future__ import annotations

import getpass
from typing import Any

import pytest
from tests.integration.engine.lab import Lab
from tests.support.clock import MovedClock

from dalsegno.errors import RequestRefused
from dalsegno.model.plan import Action
from dalsegno.model.progress import Progress, TaskMoved
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ORIGIN, ReplayRequest
from dalsegno.store.port import RunFilter

TWO = """
- {id: a, type: test.Mark, value: "{{ inputs.city }}"}
- {id: b, type: test.Mark, value: "{{ outputs.a.value }}"}
"""
CITY = "inputs: [{id: city, type: STRING, defaults: rome}]"


def labelled(lab: Lab, run: Run) -> dict[str, str]:
    return dict(lab.cases.get(run.id).labels)


# 5: what carries over


def test_rule_05_values_carry_over_also_where_the_flow_has_a_default_now(lab: Lab) -> None:
    origin = lab.run(TWO, ReplayRequest(inputs={"city": "oslo"}), rest="inputs: [{id: city, type: STRING}]")
    run = lab.replay(origin, TWO, rest=CITY, revision="latest")
    assert lab.output(run, "b") == "oslo"
    assert lab.output(lab.replay(run, revision="latest", inputs={"city": "bern"}), "b") == "bern"


def test_rule_05_a_default_that_changed_is_not_taken(lab: Lab) -> None:
    origin = lab.run(TWO, rest=CITY)
    run = lab.replay(origin, TWO, rest=CITY.replace("rome", "oslo"), revision="latest")
    assert lab.output(run, "b") == "rome"


def test_rule_05_labels_that_a_person_set_carry_over_and_those_of_the_flow_are_of_its_revision(lab: Lab) -> None:
    flow = CITY + "\nlabels: {team: red, old: here}"
    origin = lab.run(TWO, ReplayRequest(labels={"ticket": "1", "team": "mine"}), rest=flow)
    now = flow.replace("{team: red, old: here}", "{team: blue, new: there}")

    run = lab.replay(origin, TWO, rest=now, revision="latest")

    assert labelled(lab, run) == {"team": "mine", "new": "there", "ticket": "1"}
    again = lab.replay(run, revision="latest", labels={"ticket": "2"})
    assert labelled(lab, again) == {"team": "mine", "new": "there", "ticket": "2"}


def test_rule_05_with_carry_overrides_off_labels_stay_behind_too(lab: Lab) -> None:
    asked = ReplayRequest(labels={"ticket": "1"}, task_inputs={"a": {"value": "given"}}, outputs={"b": {"value": 1}})
    origin = lab.run(TWO, asked, rest=CITY + "\nlabels: {team: red}")

    run = lab.replay(origin, carry_overrides=False)

    assert labelled(lab, run) == {"team": "red"}
    assert (lab.output(run, "b"), lab.executed(run)) == ("rome", ["a", "b"])
    assert lab.cases.plan_replay(ReplayRequest(origin=run.id)).count(Action.RUN) == 2


# 6: nothing unfinished is inherited


def test_rule_06_a_sleep_that_was_going_on_is_slept_whole_again(lab: Lab) -> None:
    with Lab(lab.home.parent / "timed", lab.tally, MovedClock()) as timed:
        run = timed.create("- {id: wait, type: core.flow.Sleep, duration: PT0.1S}\n- {id: b, type: test.Mark}")
        replays: list[Run] = []

        def listen(progress: Progress) -> None:
            if isinstance(progress, TaskMoved) and (progress.address, progress.state) == ("wait", State.RUNNING):
                timed.clock.move(0.09)
                replays.append(timed.begin_replay(run, skip_successful=True))

        timed.cases.execute(run.id, observer=listen)
        (again,) = replays
        assert timed.cases.execute(again.id).state is State.SUCCESS
        slept = timed.at(again, "wait")
        assert slept.started is not None
        assert slept.ended is not None
        assert slept.ended - slept.started >= 0.1
        assert (slept.action, slept.attempts) == (Action.RUN, 1)


def test_rule_06_a_branch_of_a_group_that_is_entered_is_chosen_again(lab: Lab) -> None:
    tasks = """
        - id: choose
          type: core.flow.Switch
          value: "{{ inputs.city }}"
          cases:
            rome: [{id: r, type: test.Mark}, {id: last, type: test.Mark, fail: "{{ inputs.city == 'rome' }}"}]
            oslo: [{id: o, type: test.Mark}]
    """
    origin = lab.run(tasks, rest=CITY)
    run = lab.replay(origin, skip_successful=True, inputs={"city": "oslo"})
    assert lab.states(run) == {"choose": State.SUCCESS, "o": State.SUCCESS}


# 7: the origin is immutable


def test_rule_07_a_replay_is_a_run_of_its_own_with_all_on_record(lab: Lab) -> None:
    first = lab.run(TWO, rest=CITY)
    second = lab.replay(first, start=("b",))
    plan = lab.cases.plan_replay(ReplayRequest(origin=second.id, start=("b",), reason="late"))

    third = lab.cases.get(lab.replay(second, start=("b",), reason="late").id)

    assert (third.origin, third.root, third.reason) == (second.id, first.id, "late")
    assert third.request == {"origin": second.id, "start": ["b"], "reason": "late"}
    assert third.plan_digest == plan.digest == lab.cases.plan_of(third.id).digest
    assert third.author == getpass.getuser()
    assert len({first.id, second.id, third.id}) == 3


# 8: the clock of the flow is replayed


def test_rule_08_a_fresh_clock_is_that_of_today_and_its_replays_keep_it(lab: Lab) -> None:
    tasks = "- {id: a, type: test.Mark, value: \"{{ execution.startDate | date('yyyy-MM') }}\"}"
    origin = lab.run(tasks)
    lab.clock.move(40 * 86_400)
    fresh = lab.replay(origin, fresh_clock=True)
    lab.clock.move(40 * 86_400)
    assert [lab.output(run, "a") for run in (origin, fresh, lab.replay(fresh))] == ["2024-08", "2024-09", "2024-09"]


def test_rule_08_variables_are_those_of_the_requested_revision(lab: Lab) -> None:
    tasks = "- {id: a, type: test.Mark, value: '{{ vars.city }}'}"
    origin = lab.run(tasks, rest="variables: {city: rome}")
    later = lab.replay(origin, tasks, rest="variables: {city: oslo}", revision="latest")
    assert lab.output(later, "a") == "oslo"
    assert lab.output(lab.replay(later, revision=1), "a") == "rome"


def test_rule_08_plugin_defaults_are_those_of_the_requested_revision(lab: Lab) -> None:
    tasks = "- {id: a, type: test.Mark}\n- {id: b, type: test.Mark, value: own}\n"
    defaults = "pluginDefaults: [{type: test.Mark, values: {value: first}}]"
    origin = lab.run(tasks, rest=defaults)
    later = lab.replay(origin, tasks, rest=defaults.replace("first", "second"), revision="latest", start=("a",))
    again = lab.replay(later, revision=1, start=("a",))
    assert [lab.output(run, "a") for run in (origin, later, again)] == ["first", "second", "first"]
    assert lab.at(later, "a").reason == "you start here; definition changed: `value`"
    assert lab.output(later, "b") == "own"


def test_rule_08_what_runs_reads_the_time_anew_and_what_is_kept_does_not(lab: Lab) -> None:
    tasks = """
        - {id: a, type: test.Mark, value: "{{ now() | date('yyyy-MM') }}"}
        - {id: b, type: test.Mark, value: "{{ now() | date('yyyy-MM') }}"}
    """
    origin = lab.run(tasks)
    lab.clock.move(40 * 86_400)
    run = lab.replay(origin, start=("b",))
    assert (lab.output(run, "a"), lab.output(run, "b")) == ("2024-08", "2024-09")


# 9: reused task runs are shown


def test_rule_09_what_was_reused_is_read_where_it_ran_and_is_no_part_of_the_runs_own_time(lab: Lab) -> None:
    def long(context: Any, value: Any) -> dict[str, int]:
        context.log.info("took long")
        lab.clock.move(600)
        return {"value": 1}

    lab.doings["long"] = long
    origin = lab.run("- {id: a, type: test.Do, call: long}\n- {id: b, type: test.Mark}")
    run = lab.cases.get(lab.replay(origin, start=("b",)).id)

    a = lab.at(run, "a")
    assert (a.action, a.reused_from, lab.output(run, "a")) == (Action.REUSE, lab.at(origin, "a").id, 1)
    assert [line.line.text for line in lab.cases.logs(run.id, address="a")] == ["took long"]
    assert run.started is not None
    assert run.ended is not None
    assert run.ended - run.started < 600
    shown = {item["address"]: item for item in lab.cases.as_json(run.id)["task_runs"]}
    assert shown["a"]["action"] == "REUSE"


# 13: names are checked before anything is written


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": ("nowhere",)},
        {"skip": ("nowhere",)},
        {"only": ("nowhere",)},
        {"until": ("nowhere",)},
        {"outputs": {"nowhere": 1}},
        {"task_inputs": {"nowhere": {"value": 1}}},
        {"breakpoints": ("nowhere",)},
        {"acknowledge": ("nowhere",)},
        {"renamed": {"nowhere": "read"}},
        {"inputs": {"nowhere": 1}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_rule_13_a_refused_request_leaves_nothing_behind(lab: Lab, wrong: dict[str, Any]) -> None:
    tasks = "- {id: read, type: test.Mark, value: '{{ inputs.file }}'}"
    first, second = lab.home / "first.txt", lab.home / "second.txt"
    first.write_text("first")
    second.write_text("second")
    rest = "inputs: [{id: file, type: FILE}]"
    origin = lab.run(tasks, ReplayRequest(inputs={"file": str(first)}), rest=rest)
    stored = sorted(path for path in (lab.home / "artifacts").rglob("*") if path.is_file())
    new = tasks + "\n- {id: more, type: test.Mark}"
    inputs = {"file": str(second), **wrong.get("inputs", {})}

    with pytest.raises(RequestRefused, match="nowhere"):
        lab.begin_replay(origin, new, rest=rest, revision="latest", **{**wrong, "inputs": inputs})

    assert [run.id for run in lab.cases.list(RunFilter())] == [origin.id]
    assert len(lab.service.flows.revisions("lab")) == 1
    assert sorted(path for path in (lab.home / "artifacts").rglob("*") if path.is_file()) == stored


def test_rule_13_the_latest_is_the_newest_whole_run_and_a_part_fixes_nothing(lab: Lab) -> None:
    origin = lab.run(TWO.replace("a.value }}", 'a.value }}", fail: "{{ is_replay == false }}'), rest=CITY)
    assert origin.state is State.FAILED
    whole = lab.create(TWO, rest=CITY)
    part = lab.replay(origin, only=("b",))
    upto = lab.replay(origin, until=("a",))
    assert (part.state, upto.state) == (State.SUCCESS, State.SUCCESS)
    assert lab.cases.get("last").id == whole.id
    assert lab.cases.get(origin.id).fixed_by is None


def test_rule_13_a_whole_replay_that_ends_well_fixes_every_ancestor(lab: Lab) -> None:
    lab.doings["ends"] = lambda context, value: {} if ending[0] else 1 / 0
    ending = [False]
    first = lab.run("- {id: a, type: test.Do, call: ends}")
    second = lab.replay(first)
    third = lab.replay(second)
    ending[0] = True
    fixing = lab.replay(third)
    assert {lab.cases.get(run.id).fixed_by for run in (first, second, third)} == {fixing.id}


# 14: contradictions


def test_rule_14_a_pin_of_the_wrong_type_is_refused(lab: Lab) -> None:
    origin = lab.run("- {id: a, type: test.Typed, call: give}\n")
    with pytest.raises(RequestRefused, match="the pin of `a` gives `number` as 'many'"):
        lab.begin_replay(origin, outputs={"a": "many"})


# 16: given values


def test_rule_16_given_values_stay_on_record_and_marked_over_replays(lab: Lab) -> None:
    asked = ReplayRequest(task_inputs={"a": {"value": "given"}})
    first = lab.run(TWO, asked, rest=CITY)
    second = lab.replay(first, outputs={"b": {"value": "pinned"}})
    third = lab.replay(second)

    assert lab.cases.get(second.id).request["outputs"] == {"b": {"value": "pinned"}}
    carried = lab.cases.get(third.id).request["carried"]
    assert carried == {
        "task_inputs": {"a": {"value": {"value": "given"}}}, "outputs": {"b": {"value": "pinned"}}
    }  # fmt: skip
    assert lab.at(third, "b").action is Action.PIN
    marked = {found.run: found.mark for found in lab.store.artifacts.find("") if found.mark and not found.task_run}
    assert marked[first.id] == "override"


def test_rule_16_what_read_a_given_value_is_marked_also_where_it_is_kept(lab: Lab) -> None:
    tasks = TWO + '- {id: c, type: test.Mark, value: "{{ outputs.b.value }}"}\n- {id: d, type: test.Mark, value: x}\n'
    fresh = lab.run(tasks, ReplayRequest(inputs={"city": "oslo"}), rest=CITY)
    overridden = lab.replay(fresh, inputs={"city": "bern"}, task_inputs={"d": {"value": "y"}})
    pinned = lab.replay(overridden, start=("c",), outputs={"b": {"value": "pinned"}})
    kept = lab.replay(pinned, start=("d",), carry_overrides=False)
    read_again = lab.replay(kept, start=("c",))

    assert lab.cases.given(fresh.id) == {}
    assert lab.cases.given(overridden.id) == {"a": ("inputs.city",), "d": ("properties.value",)}
    assert lab.cases.given(pinned.id) == {
        "a": ("inputs.city",), "b": ("result",), "c": ("outputs.b.value",), "d": ("properties.value",)
    }  # fmt: skip
    assert lab.cases.given(kept.id) == {"a": ("inputs.city",), "b": ("result",), "c": ("outputs.b.value",)}
    assert lab.cases.given(read_again.id) == {"a": ("inputs.city",), "b": ("result",), "c": ("outputs.b.value",)}
    assert {row["address"]: row["given"] for row in lab.cases.as_json(kept.id)["task_runs"]}["d"] == []


def test_rule_16_one_item_that_was_pinned_marks_what_read_that_item(lab: Lab) -> None:
    tasks = """
- id: each
  type: core.flow.ForEach
  values: [p, q]
  tasks:
    - {id: w, type: test.Mark, value: "{{ taskrun.value }}"}
    - {id: own, type: test.Mark, value: "{{ outputs.w[taskrun.value].value }}"}
- {id: all, type: test.Mark, value: "{{ outputs.w | keys }}"}
- {id: one, type: test.Mark, value: "{{ outputs.w.q.value }}"}
"""
    run = lab.replay(lab.run(tasks), outputs={"each[p].w": {"value": "given"}})
    assert lab.cases.given(run.id) == {
        "each[p].w": ("result",), "each[p].own": ("outputs.w.p.value",), "all": ("outputs.w",)
    }  # fmt: skip


def test_rule_16_what_is_kept_whatever_has_changed_stays_marked(lab: Lab) -> None:
    pinned = lab.replay(lab.run(TWO, rest=CITY), outputs={"a": {"value": "pinned"}})
    kept = lab.replay(pinned, outputs={"a": ORIGIN}, start=("b",))
    assert lab.cases.given(kept.id) == {"a": ("result",), "b": ("outputs.a.value",)}
    assert lab.cases.given(lab.replay(lab.run(TWO, rest=CITY), outputs={"a": ORIGIN}).id) == {}


def test_rule_16_a_required_input_that_the_origin_lacks_is_refused(lab: Lab) -> None:
    origin = lab.run(TWO, rest=CITY)
    more = CITY.replace("[", "[{id: country, type: STRING}, ")
    with pytest.raises(RequestRefused, match="`country`"):
        lab.begin_replay(origin, TWO, rest=more, revision="latest", start=("b",))
    assert lab.begin_replay(origin, TWO, rest=more, revision="latest", inputs={"country": "it"})


def test_rule_16_carried_values_are_checked_against_the_new_types(lab: Lab) -> None:
    origin = lab.run(TWO, ReplayRequest(inputs={"city": "oslo"}), rest=CITY)
    with pytest.raises(RequestRefused, match="its value comes from the origin; give it anew"):
        lab.begin_replay(origin, TWO, rest="inputs: [{id: city, type: INT}]", revision="latest")


def test_rule_16_files_carry_over(lab: Lab) -> None:
    path = lab.home / "trips.txt"
    path.write_text("trips")
    rest = "inputs: [{id: city, type: FILE}]"
    origin = lab.run(TWO, ReplayRequest(inputs={"city": str(path)}), rest=rest)
    path.unlink()
    assert lab.output(lab.replay(lab.replay(origin)), "b") == lab.output(origin, "b")


# 17, 18


def test_rule_17_a_run_records_what_it_ran_on_and_who_began_it(lab: Lab) -> None:
    run = lab.cases.get(lab.run(TWO, rest=CITY).id)
    assert {"dalsegno", "python", "platform", "host"} <= set(run.environment)
    assert run.author == getpass.getuser()


def test_rule_18_the_plan_names_a_replay_of_the_origin_that_runs_or_went_well(lab: Lab) -> None:
    origin = lab.run(TWO, rest=CITY)
    asked = ReplayRequest(origin=origin.id, start=("b",))
    assert lab.cases.plan_replay(asked).warnings == ()
    lab.replay(origin, only=("b",))
    assert lab.cases.plan_replay(asked).warnings == (), "a part of a replay is none"

    found: list[tuple[str, ...]] = []

    def look(progress: Progress) -> None:
        if isinstance(progress, TaskMoved) and not found:
            found.append(lab.cases.plan_replay(asked).warnings)

    run = lab.begin_replay(origin, start=("b",))
    lab.cases.execute(run.id, observer=look)
    assert found == [(f"{origin.name} has a replay already: {run.name} is running",)]
    assert lab.cases.plan_replay(asked).warnings == (f"{origin.name} has a replay already: {run.name} has succeeded",)
