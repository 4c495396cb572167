"""How tasks are handled: retries, time limits, conditions, tolerance, effects; and tasks that are switched off."""

# ruff: noqa: E501 - flows in a line

from __future__ import annotations

import json
from textwrap import dedent, indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.flows import check, load
from dalsegno.model.codec import flow_from_json, flow_to_json
from dalsegno.model.digest import digest
from dalsegno.model.flow import Effects, Flow, Read, Retry, Task

HEAD = "id: f\nnamespace: a\ninputs: [{id: x, type: STRING, required: false}]\n"


def text_of(tasks: str, rest: str = "") -> str:
    return f"{HEAD}{dedent(rest)}tasks:\n{indent(dedent(tasks), '  ')}"


def flow(tasks: str, rest: str = "") -> Flow:
    return load(text_of(tasks, rest)).flow


def task(keys: str, type_: str = "core.debug.Return") -> Task:
    [found] = flow(f"- {{id: t, type: {type_}{', ' if keys else ''}{keys}}}").tasks
    return found


def told(tasks: str, rest: str = "") -> list[str]:
    return [
        f"{problem.line}:{problem.column} {problem.code}: {problem.message}" for problem in check(text_of(tasks, rest))
    ]


def told_of(keys: str, type_: str = "core.debug.Return") -> list[str]:
    return told(f"- id: t\n  type: {type_}\n  {keys}")


def test_a_task_that_says_nothing_is_handled_plainly() -> None:
    plain = task("")
    assert (plain.retry, plain.timeout, plain.run_if) == (None, None, None)
    assert (plain.allow_failure, plain.allow_warning, plain.tolerates) == (False, False, False)
    assert (plain.effects, plain.inert) == (Effects.NONE, False)


def test_what_a_task_says_of_its_handling_is_no_property() -> None:
    found = task("value: 1, runIf: '{{ inputs.x }}', timeout: PT1M, allowFailure: true, allowWarning: true, effects: external, retry: {type: constant, interval: PT1S}")  # fmt: skip
    assert found.properties == {"value": 1}
    assert (found.run_if, found.timeout) == ("{{ inputs.x }}", "PT1M")
    assert (found.allow_failure, found.allow_warning, found.effects) == (True, True, Effects.EXTERNAL)
    assert found.retry == Retry("constant", 1.0)


@pytest.mark.parametrize(("written", "value"), [("false", False), ("true", True), ("'{{ 1 }}'", "{{ 1 }}"), ("0", 0)])
def test_a_condition_is_kept_as_it_is_also_in_the_stored_form(written: str, value: object) -> None:
    compiled = flow(f"- {{id: t, type: core.debug.Return, runIf: {written}}}")
    stored = flow_from_json(json.loads(json.dumps(flow_to_json(compiled))))
    assert stored == compiled
    assert stored.tasks[0].run_if == value


@pytest.mark.parametrize("key", ["runIf", "timeout"])
def test_what_a_condition_and_a_time_limit_read_counts_for_the_task(key: str) -> None:
    compiled = flow(f"""\
        - {{id: a, type: core.debug.Return}}
        - {{id: b, type: core.debug.Return, {key}: "{{{{ outputs.a.value ~ inputs.x ~ vars.v ~ now() }}}}"}}
    """, "variables: {v: 1}\n")  # fmt: skip
    found = compiled.tasks[1]
    assert (found.reads, found.inputs, found.volatile) == ((Read("a", (), ("value",)),), ("x",), ("now",))
    assert found.variables == {"v": digest("variable", 1)}


@pytest.mark.parametrize(
    ("written", "retry"),
    [
        ("type: constant, interval: PT5S", Retry("constant", 5.0)),
        ("type: constant, interval: PT5S, maxAttempt: 3", Retry("constant", 5.0, max_attempts=3)),
        ("type: constant, interval: PT5S, maxAttempts: '3', maxDuration: PT1H", Retry("constant", 5.0, max_attempts=3, max_duration=3600.0)),
        ("type: constant, interval: PT5S, warningOnRetry: true", Retry("constant", 5.0, warning=True)),
        ("type: constant, interval: PT5S, behavior: RETRY_FAILED_TASK", Retry("constant", 5.0)),
        ("type: exponential, interval: PT1S, maxInterval: PT1M", Retry("exponential", 1.0, 60.0)),
        ("type: exponential, interval: PT1S, maxInterval: PT1M, delayFactor: 1.5", Retry("exponential", 1.0, 60.0, 1.5)),
        ("type: random, minInterval: PT1S, maxInterval: PT30S", Retry("random", 1.0, 30.0)),
    ],
)  # fmt: skip
def test_a_retry_is_compiled_to_seconds(written: str, retry: Retry) -> None:
    assert task(f"retry: {{{written}}}").retry == retry


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("5", "7:12 wrong-type: the `retry` of task `t` must be a map, such as `{type: constant, interval: PT5S, maxAttempts: 3}`"),
        ("{interval: PT5S}", "7:12 missing-key: the `retry` of task `t` needs a `type`: `constant`, `exponential` or `random`"),
        ("{type: Constant, interval: PT5S}", "7:19 unknown-retry-type: the `retry` of task `t` cannot be of type `Constant`: it is `constant`, `exponential` or `random`; did you mean `constant`?"),
        ("{type: constant}", "7:12 missing-key: the `retry` of task `t` needs `interval`, such as `interval: PT5S`"),
        ("{type: random, minInterval: PT5S}", "7:12 missing-key: the `retry` of task `t` needs `maxInterval`, such as `maxInterval: PT5S`"),
        ("{type: constant, interval: PT5S, intervall: PT5S}", "7:45 unknown-key: a retry of type `constant` has no key `intervall`; did you mean `interval`?"),
        ("{type: constant, interval: PT5S, delayFactor: 2}", "7:45 unknown-key: a retry of type `constant` has no key `delayFactor`"),
        ("{type: constant, interval: 5}", "7:39 wrong-value: `interval`: `5` is not a duration; write `PT5S` (ISO 8601)"),
        ("{type: constant, interval: '{{ x }}'}", "7:39 wrong-value: `interval`: `{{ x }}` is not a duration; write it as ISO 8601, such as `PT30S`, `PT0.5S`, `PT5M`, `PT1H30M` or `P1D`"),
        ("{type: constant, interval: -PT5S}", "7:39 wrong-value: `interval` cannot be negative, and `-PT5S` is"),
        ("{type: random, minInterval: PT5S, maxInterval: PT1S}", "7:59 wrong-value: `maxInterval` must not be shorter than `minInterval`"),
        ("{type: constant, interval: PT5S, maxAttempts: 0}", "7:58 wrong-value: `maxAttempts` must be a whole number from 1, not `0`"),
        ("{type: constant, interval: PT5S, maxAttempts: 2, maxAttempt: 2}", "7:61 duplicate-key: `maxAttempts` and `maxAttempt` are the same key: give one of them"),
        ("{type: exponential, interval: PT5S, maxInterval: PT5S, delayFactor: 0}", "7:80 wrong-value: `delayFactor` must be a number above 0, not `0`"),
        ("{type: constant, interval: PT5S, warningOnRetry: 1}", "7:61 wrong-type: `warningOnRetry` must be `true` or `false`, not `1`"),
        ("{type: constant, interval: PT5S, behavior: RETRY}", "7:55 wrong-value: `behavior` of a retry cannot be `RETRY`: it is `RETRY_FAILED_TASK` or `CREATE_NEW_EXECUTION`"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_retry(written: str, expected: str) -> None:
    [problem] = told_of(f"retry: {written}")
    assert problem.startswith(expected)


RETRIES = """\
- {id: plain, type: core.debug.Return}
- id: outer
  type: core.flow.Sequential
  retry: {type: constant, interval: PT2S}
  tasks:
    - {id: in_outer, type: core.debug.Return}
    - id: inner
      type: core.flow.If
      condition: true
      retry: {type: constant, interval: PT3S}
      then:
        - {id: in_inner, type: core.debug.Return}
        - {id: own, type: core.debug.Return, retry: {type: constant, interval: PT4S}}
      errors: [{id: handler, type: core.debug.Return}]
    - {id: no_more, type: core.flow.Pause}
"""


def test_the_retry_of_a_task_is_its_own_else_that_of_the_nearest_group_else_that_of_the_flow() -> None:
    compiled = flow(
        RETRIES, "retry: {type: constant, interval: PT1S}\nfinally: [{id: ends, type: core.debug.Return}]\n"
    )
    found = {each.id: each.retry.interval if each.retry else None for each in compiled.walk()}
    assert found == {
        "plain": 1.0, "outer": None, "in_outer": 2.0, "inner": None, "in_inner": 3.0, "own": 4.0, "handler": 3.0, "no_more": None, "ends": 1.0,
    }  # fmt: skip


def test_the_retry_of_a_flow_is_checked_as_well() -> None:
    [problem] = told("- {id: t, type: core.debug.Return}", "retry: {type: constant}\n")
    assert problem == "4:8 missing-key: the `retry` of the flow needs `interval`, such as `interval: PT5S`"


GROUP = "{id: g, type: core.flow.Sequential, tasks: [{id: t, type: core.debug.Return}]"


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        ("- {id: t, type: core.debug.Return, runIf: [1]}", "5:45 wrong-type: `runIf` of task `t` must be an expression, or `true` or `false`, not a list"),
        ("- {id: t, type: core.debug.Return, timeout: 5}", "5:47 invalid-property: `timeout` of task `t`: `5` is not a duration; write `PT5S` (ISO 8601)"),
        ("- {id: t, type: core.debug.Return, timeout: PT0S}", "5:47 invalid-property: `timeout` of task `t`: must be longer than nothing, not `PT0S`"),
        ("- {id: t, type: core.debug.Return, allowFailure: '{{ true }}'}", "5:52 wrong-type: `allowFailure` must be `true` or `false`, not `{{ true }}`"),
        ("- {id: t, type: core.debug.Return, disabled: yes}", "5:48 wrong-type: `disabled` must be `true` or `false`, not `yes`"),
        ("- {id: t, type: core.debug.Return, effects: extern}", "5:47 wrong-value: `effects` of task `t` must be `none` or `external`, not `extern`; did you mean `external`?"),
        ("- {id: t, type: core.debug.Return, runif: true}", "5:38 unknown-property: the type of task `t` has no property `runif`; did you mean `runIf`?"),
        (f"- {GROUP}, timeout: soon}}", "5:93 invalid-property: `timeout` of task `g`: `soon` is not a duration; write it as ISO 8601, such as `PT30S`, `PT0.5S`, `PT5M`, `PT1H30M` or `P1D`"),
        (f"- {GROUP}, effects: external}}", "5:84 wrong-value: a group has no effects of its own: give `effects` to the tasks in `g` instead"),
        ("- {id: p, type: core.flow.Pause, retry: {type: constant, interval: PT1S}}", "5:36 not-used: `p` is a pause, which is never tried again: its `retry` changes nothing"),
        ("- {id: t, type: core.debug.Return, logLevel: WARN}", "5:38 not-used: Kestra's `logLevel` of task `t` changes nothing here: lines of every level are kept; `dalsegno logs` shows them"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_how_a_task_is_handled(tasks: str, expected: str) -> None:
    assert told(tasks) == [expected]


@pytest.mark.parametrize(
    "key",
    ["logLevel: WARN", "logToFile: true", "workerGroup: {key: a}", "workerSelector: {}", "taskCache: {enabled: true}"],
)
def test_keys_that_change_no_result_are_noted_and_let_pass(key: str) -> None:
    loaded = load(text_of(f"- {{id: t, type: core.debug.Return, {key}}}"))
    assert [(problem.code, problem.severity) for problem in loaded.warnings] == [("not-used", "note")]
    assert loaded.flow.tasks[0].definition == task("").definition


def test_a_flow_has_a_time_limit_of_its_own() -> None:
    assert load(text_of("- {id: t, type: core.debug.Return}", "timeout: PT1H\n")).flow.conduct.timeout == "PT1H"
    [problem] = told("- {id: t, type: core.debug.Return}", "timeout: 1h\n")
    assert problem == "4:10 wrong-value: `timeout`: `1h` is not a duration; write `PT1H` (ISO 8601)"


@pytest.mark.parametrize(
    ("keys", "changed"),
    [
        ("runIf: true", {"runIf"}),
        ("runIf: false", {"runIf"}),
        ("allowFailure: true", {"allowFailure"}),
        ("allowFailure: false", set[str]()),
        ("allowWarning: true", {"allowWarning"}),
        ("effects: external", {"effects"}),
        ("disabled: false", set[str]()),
        ("timeout: PT1S", set[str]()),
        ("retry: {type: constant, interval: PT1S}", set[str]()),
        ("description: more", set[str]()),
    ],
)
def test_a_definition_changes_with_what_handling_can_change_in_the_result(keys: str, changed: set[str]) -> None:
    before, after = task("value: 1"), task(f"value: 1, {keys}")
    assert set(after.digests) - set(before.digests) == changed
    assert (after.definition == before.definition) is (not changed)
    assert after.definition == digest("definition", after.digests)


def download(keys: str) -> Effects:
    return task(f"uri: 'http://localhost/x'{keys}", "core.http.Download").effects


@pytest.mark.parametrize(
    ("keys", "effects"),
    [
        ("", Effects.NONE),
        (", method: HEAD", Effects.NONE),
        (", method: POST", Effects.EXTERNAL),
        (", method: DELETE", Effects.EXTERNAL),
        (", method: '{{ inputs.x }}'", Effects.EXTERNAL),
        (", method: POST, effects: none", Effects.NONE),
        (", effects: external", Effects.EXTERNAL),
    ],
)
def test_effects_are_what_the_flow_says_else_what_the_type_says_by_its_properties(keys: str, effects: Effects) -> None:
    assert download(keys) is effects


def test_effects_that_the_type_says_itself_are_no_part_of_the_definition() -> None:
    assert "effects" not in task("uri: x, method: POST", "core.http.Download").digests


def test_types_say_whether_anything_can_depend_on_their_having_run() -> None:
    assert task("message: x", "core.log.Log").inert
    assert not task("").inert


DISABLED = """\
- {id: a, type: core.debug.Return, disabled: true, value: "{{ outputs.nonsense }}"}
- id: g
  type: core.flow.Sequential
  disabled: true
  tasks: [{id: b, type: core.debug.Return}]
  errors: [{id: h, type: core.debug.Return}]
- id: i
  type: core.flow.If
  condition: true
  then: [{id: c, type: core.debug.Return}, {id: d, type: core.debug.Return, disabled: true}]
- {id: e, type: core.debug.Return, value: "{{ outputs.a ?? outputs.b ?? outputs.c }}"}
"""


def test_what_is_disabled_is_left_out_with_all_that_is_in_it() -> None:
    compiled = flow(DISABLED)
    assert [found.id for found in compiled.walk()] == ["i", "c", "e"]
    assert compiled.tasks[0].branches == {"then": ("c",), "else": ()}
    assert compiled.tasks[1].reads == (Read("c"),)


def test_reading_a_disabled_task_is_warned_of() -> None:
    assert told(DISABLED) == [
        "15:49 reads-disabled-task: task `a` is disabled and has no outputs",
        "15:62 reads-disabled-task: task `b` is disabled and has no outputs",
    ]


def test_the_structure_of_a_disabled_task_is_checked_all_the_same() -> None:
    [problem] = told("- {id: t, type: core.debug.Retrun, disabled: true}")
    assert "unknown-type" in problem


def test_what_depends_on_a_disabled_task_of_a_dag_stands_after_what_that_one_stands_after() -> None:
    compiled = flow("""\
        - id: d
          type: core.flow.Dag
          tasks:
            - task: {id: a, type: core.debug.Return}
            - {task: {id: b, type: core.debug.Return, disabled: true}, dependsOn: [a]}
            - {task: {id: c, type: core.debug.Return, disabled: true}, dependsOn: [b, e]}
            - {task: {id: f, type: core.debug.Return}, dependsOn: [c, b]}
            - task: {id: e, type: core.debug.Return}
    """)
    assert compiled.tasks[0].depends == {"a": (), "f": ("a", "e"), "e": ()}


_KEYS = {
    "runIf": st.sampled_from([True, False, "{{ outputs.first.value }}", "{{ now() }}", "x"]),
    "timeout": st.sampled_from(["PT1S", "P1D", "{{ inputs.x }}"]),
    "allowFailure": st.booleans(),
    "allowWarning": st.booleans(),
    "disabled": st.booleans(),
    "effects": st.sampled_from(["none", "external"]),
    "retry": st.sampled_from([{"type": "constant", "interval": "PT1S", "maxAttempts": 2}, {"type": "random", "minInterval": "PT0S", "maxInterval": "PT1S"}]),
}  # fmt: skip


@given(st.fixed_dictionaries({}, optional=_KEYS))
def test_however_tasks_are_handled_the_compiled_flow_survives_being_stored(keys: dict[str, object]) -> None:
    compiled = flow(
        f"- {{id: first, type: core.debug.Return}}\n- {json.dumps({'id': 't', 'type': 'core.debug.Return', **keys})}"
    )
    assert flow_from_json(json.loads(json.dumps(flow_to_json(compiled)))) == compiled
    assert ("t" in [found.id for found in compiled.tasks]) is not keys.get("disabled", False)
