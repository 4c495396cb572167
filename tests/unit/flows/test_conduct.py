"""Checks, expectations, limits and triggers of a flow."""

# ruff: noqa: E501 - each line of a table is one case

from __future__ import annotations

import pytest

from dalsegno.flows import check, load
from dalsegno.flows.triggers import cron_complaint
from dalsegno.model.codec import flow_from_json, flow_to_json
from dalsegno.model.conduct import Check, Concurrency

HEAD = "id: f\nnamespace: a\n"
TASKS = "tasks: [{id: t, type: core.debug.Return}]\n"


def told(keys: str) -> list[str]:
    return [f"{each.line}:{each.column} {each.code}: {each.message}" for each in check(HEAD + keys + TASKS)]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("checks: 5\n", "3:9 wrong-type: `checks` must be a list"),
        ("checks: [5]\n", "3:10 wrong-type: a check must be a map"),
        ("checks: [{message: m}]\n", "3:10 missing-key: a check needs a `condition`"),
        ("checks: [{when: 'true'}]\n", "3:10 missing-key: a check needs a `message`"),
        ("checks: [{when: 'true', message: m, behaviour: FAIL}]\n", "3:37 unknown-key: a check has no key `behaviour`; did you mean `behavior`?"),
        ("checks: [{when: 'true', message: m, behavior: BLOCK}]\n", "3:47 wrong-value: `behavior` of a check cannot be `BLOCK`: it is `BLOCK_EXECUTION`, `FAIL_EXECUTION` or `CREATE_EXECUTION`; did you mean `BLOCK_EXECUTION`?"),
        ("checks: [{when: '{{ inputs.x }}', message: m}]\n", "3:21 unknown-input: the flow declares no input `x`"),
        ("checks: [{when: '{{ outputs.t }}', message: m}]\n", "3:21 unknown-variable: the variable `outputs` is not there in this place: only `flow`, `inputs`, `labels`, `vars`"),
        ("sla: [{type: MAX_DURATION, duration: PT1S, behavior: FAIL}]\n", "3:7 missing-key: an entry of `sla` needs `id`"),
        ("sla: [{id: s, type: MAX_DURATION, behavior: FAIL}]\n", "3:7 missing-key: an entry of `sla` of type MAX_DURATION needs `duration`"),
        ("sla: [{id: s, type: EXECUTION_ASSERTION, behavior: FAIL}]\n", "3:7 missing-key: an entry of `sla` of type EXECUTION_ASSERTION needs `assert`"),
        ("sla: [{id: s, type: MAX_DURATION, duration: PT1S, assert: 'true', behavior: FAIL}]\n", "3:51 misplaced-key: an entry of `sla` of type MAX_DURATION has no `assert`"),
        ("sla: [{id: s, type: MAX_DURATION, duration: 5, behavior: FAIL}]\n", "3:45 wrong-value: `duration`: `5` is not a duration; write `PT5S` (ISO 8601)"),
        ("sla: [{id: s, type: MAX_DURATION, duration: PT0S, behavior: FAIL}]\n", "3:45 wrong-value: `duration` must be longer than nothing, not `PT0S`"),
        ("sla: [{id: s, type: MAX_DURATION, duration: PT1S, behavior: STOP}]\n", "3:61 wrong-value: `behavior` of an entry of `sla` cannot be `STOP`: it is `FAIL`, `CANCEL` or `NONE`"),
        ("timeout: '{{ outputs.t }}'\n", "3:14 unknown-variable: the variable `outputs` is not there in this place: only `execution`, `flow`, `inputs`, `labels`, `vars`"),
        ("concurrency: 5\n", "3:14 wrong-type: `concurrency` must be a map, such as `{limit: 1, behavior: QUEUE}`"),
        ("concurrency: {behavior: FAIL}\n", "3:14 missing-key: `concurrency` needs a `limit`"),
        ("concurrency: {limit: 0}\n", "3:22 wrong-value: `limit` of `concurrency` must be a whole number from 1, not `0`"),
        ("concurrency: {limit: 2}\n", "3:1 not-enforced: `concurrency` is not enforced where runs are started by hand: it holds for a server"),
        ("triggers: [{id: s}]\n", "3:12 missing-key: trigger `s` needs a `type`, such as `core.trigger.Schedule`"),
        ("triggers: [{id: s, type: core.trigger.Shedule}]\n", "3:26 unknown-type: there is no type of trigger `core.trigger.Shedule`; did you mean `core.trigger.Schedule` or `core.trigger.ScheduleOnDates` or `core.trigger.Flow`?"),
        ("triggers: [{id: s, type: core.trigger.Schedule}]\n", "3:12 missing-property: trigger `s` needs `cron`"),
        ("triggers: [{id: s, type: core.trigger.Schedule, cron: '* * *'}]\n", "3:55 bad-cron: `cron` of trigger `s` must have 5 fields (minute, hour, day, month, weekday), and `* * *` has 3"),
        ("triggers: [{id: s, type: core.trigger.Schedule, cron: '0 25 * * *'}]\n", "3:55 bad-cron: `cron` of trigger `s` is no cron expression: `0 25 * * *` (bad hour)"),
        ("triggers: [{id: s, type: core.trigger.Schedule, cron: '@hourly', tz: x}]\n", "3:66 unknown-property: the type of trigger `s` has no property `tz`"),
        ("triggers: [{id: s, type: core.trigger.Schedule, cron: '@daily'}, {id: s, type: core.trigger.Flow}]\n", "3:66 duplicate-trigger: the trigger `s` is declared twice, first in line 3"),
        ("triggers: [{id: s, type: core.trigger.ScheduleOnDates, dates: [tomorrow]}]\n", "3:63 invalid-property: `dates` of trigger `s` must be a list of dates and times, such as `2024-05-01T10:30:00Z`, not `tomorrow`"),
        ("triggers: [{id: s, type: core.trigger.Flow, states: [DONE]}]\n", "3:53 invalid-property: `states` of trigger `s` names the state `DONE`, which no run has"),
        ("triggers: [{id: s, type: core.trigger.Flow, conditions: [{type: core.condition.Weekends}]}]\n", "3:65 unknown-type: there is no type of condition `core.condition.Weekends`; did you mean `core.condition.Weekend` or `core.condition.DayWeek`?"),
        ("triggers: [{id: s, type: core.trigger.Webhook}]\n", "3:12 missing-property: trigger `s` needs `key`"),
        ("triggers: [{id: s, type: core.http.Trigger, uri: 'http://x', interval: 5m}]\n", "3:72 invalid-property: `interval` of trigger `s` must be a length of time: `5m` is not a duration; write `PT5M` (ISO 8601)"),
        ("triggers: [{id: s, type: io.kestra.plugin.core.trigger.Schedule, cron: '*/5 * * * *', timezone: Europe/Pari}]\n", "3:97 invalid-property: `timezone` of trigger `s` is no time zone: `Europe/Pari`; did you mean `Europe/Paris` or `Europe/Madrid` or `Europe/Riga`?"),
        ("outputs: [{id: n, value: 1, type: INT, required: 5}]\n", "3:50 wrong-type: `required` must be `true` or `false`, not `5`"),
        ("outputs: [{id: n, value: 1, type: ARRAY, itemType: INTT}]\n", "3:52 unknown-input-type: the items of output `n` cannot be of type `INTT`; did you mean `INT`?"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_how_runs_are_conducted(keys: str, expected: str) -> None:
    assert expected in told(keys)


def test_what_a_flow_says_of_its_runs_is_kept_in_its_stored_form() -> None:
    flow = load(
        HEAD
        + "checks: [{when: '{{ inputs.n > 2 }}', message: small, behavior: FAIL_EXECUTION, style: ERROR}]\n"
        + "concurrency: {limit: 2, behavior: CANCEL}\n"
        + "sla: [{id: s, type: MAX_DURATION, duration: PT1S, behavior: FAIL, labels: {a: b}}]\n"
        + "timeout: PT5S\n"
        + "retry: {type: constant, interval: PT5S, maxAttempt: 3}\n"
        + "triggers: [{id: s, type: core.trigger.Schedule, cron: '@daily'}]\n"
        + "inputs: [{id: n, type: INT, min: 1, displayName: N, dependsOn: {inputs: [m], condition: 'true'}}, {id: m, type: INT}]\n"
        + "outputs: [{id: o, type: INT, value: 1, required: false, displayName: O}]\n"
        + TASKS
    ).flow
    assert flow.conduct.checks == (Check("{{ inputs.n > 2 }}", "small", "FAIL_EXECUTION", "ERROR"),)
    assert flow.conduct.concurrency == Concurrency(2, "CANCEL")
    assert flow.conduct.triggers == ({"id": "s", "type": "core.trigger.Schedule", "cron": "@daily"},)
    assert flow.retry is not None
    assert flow_from_json(flow_to_json(flow)) == flow


def test_triggers_and_limits_are_noted_and_refuse_nothing() -> None:
    keys = "concurrency: {limit: 2}\ntriggers: [{id: s, type: core.trigger.Schedule, cron: '@daily'}]\n"
    loaded = load(HEAD + keys + TASKS, strict=True)
    assert [(each.code, each.severity) for each in loaded.warnings] == [
        ("not-enforced", "note"),
        ("acts-later", "note"),
    ]


@pytest.mark.parametrize(
    "text", ["* * * * *", "*/5 0-6 1,15 * MON-FRI", "@hourly", "0 0 29 2 *", "0 0 * * 7", "0 0 * * 5L", "30 0 3 * * *"]
)
def test_cron_expressions_are_those_of_unix_with_short_forms(text: str) -> None:
    assert cron_complaint(text) is None


@pytest.mark.parametrize("text", ["", "60 * * * *", "@never", "a b c d e", "0 0 31 2 *"])
def test_a_cron_expression_that_never_comes_is_refused(text: str) -> None:
    assert cron_complaint(text) is not None
