"""Default properties of task types, and the names that types had."""

# ruff: noqa: E501 - each line of a table is one case

from __future__ import annotations

import pytest

from dalsegno.flows import check, load
from dalsegno.model.flow import Task
from dalsegno.tasks.registry import canonical

LOG = "{id: t, type: core.log.Log, message: hi}"


def text_of(defaults: str, task: str = LOG, key: str = "pluginDefaults") -> str:
    return f"id: f\nnamespace: a\n{key}: [{defaults}]\ntasks:\n  - {task}\n"


def task(defaults: str, task: str = LOG, key: str = "pluginDefaults") -> Task:
    [found] = load(text_of(defaults, task, key)).flow.tasks
    return found


def told(defaults: str, task: str = LOG) -> list[str]:
    return [f"{each.line}:{each.column} {each.code}: {each.message}" for each in check(text_of(defaults, task))]


def test_a_default_is_taken_where_the_task_says_nothing_and_counts_in_its_definition() -> None:
    found = task("{type: core.log, values: {level: WARN}}")
    assert found.properties == {"message": "hi", "level": "WARN"}
    assert found.definition == task("", "{id: t, type: core.log.Log, message: hi, level: WARN}").definition
    assert found.digests["level"] != task("{type: core.log, values: {level: INFO}}").digests["level"]


def test_what_the_task_says_goes_before_unless_the_default_is_forced() -> None:
    said = "{id: t, type: core.log.Log, message: hi, level: ERROR}"
    assert task("{type: core.log.Log, values: {level: WARN}}", said).properties["level"] == "ERROR"
    assert task("{type: core.log.Log, forced: true, values: {level: WARN}}", said).properties["level"] == "WARN"


def test_of_several_defaults_the_first_in_the_list_holds() -> None:
    two = "{type: core.log, values: {level: WARN}}, {type: core.log.Log, values: {level: INFO, message: x}}"
    assert task(two, "{id: t, type: core.log.Log}").properties == {"level": "WARN", "message": "x"}


def test_maps_are_joined_and_lists_are_added_to() -> None:
    defaults = "{type: scripts.shell.Commands, values: {commands: [one], env: {A: x, B: y}}}"
    found = task(defaults, "{id: t, type: scripts.shell.Commands, commands: [two], env: {B: z}}")
    assert (found.properties["commands"], found.properties["env"]) == (["one", "two"], {"A": "x", "B": "z"})


def test_defaults_reach_handling_groups_and_what_is_in_them_in_either_spelling() -> None:
    defaults = "{type: io.kestra.plugin.core.flow.ForEach, values: {concurrencyLimit: 3}}, {type: core.log, values: {timeout: PT5S, allowFailure: true}}"
    group = task(
        defaults,
        "{id: g, type: core.flow.ForEach, values: [1], tasks: [{id: t, type: io.kestra.core.tasks.log.Log, message: x}]}",
        "taskDefaults",
    )
    assert group.concurrency == 3
    assert (group.tasks[0].timeout, group.tasks[0].allow_failure) == ("PT5S", True)


@pytest.mark.parametrize(
    ("defaults", "expected"),
    [
        ("5", "3:18 wrong-type: a default of task types must be a map with `type` and `values`"),
        ("{values: {}}", "3:18 missing-key: a default of task types needs `type`"),
        ("{type: core.log}", "3:18 missing-key: a default of task types needs `values`"),
        ("{type: core.log, values: 5}", "3:43 wrong-type: the `values` of a default must be a map of properties"),
        ("{type: core.log, values: {id: x}}", "3:44 misplaced-key: a default cannot give `id`: every task has its own"),
        ("{type: core.log, values: {levl: x}}", "3:44 unknown-property: the type of task `t` has no property `levl`; did you mean `level`?"),
        ("{type: core.log, values: {level: LOUD}}", "3:51 invalid-property: `level` of task `t`: should be 'TRACE', 'DEBUG', 'INFO', 'WARN' or 'ERROR', not `LOUD`"),
        ("{type: core.lo, values: {}}", "3:25 unused-default: no task of the flow is of a type that begins with `core.lo`; did you mean `core.log`"),
        ("{type: core.log, value: {}}", "3:35 unknown-key: a default of task types has no key `value`; did you mean `values`?"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_default(defaults: str, expected: str) -> None:
    assert any(problem.startswith(expected) for problem in told(defaults)), told(defaults)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("io.kestra.plugin.core.log.Log", "core.log.Log"),
        ("io.kestra.core.tasks.log.Log", "core.log.Log"),
        ("io.kestra.core.tasks.debugs.Return", "core.debug.Return"),
        ("io.kestra.core.tasks.debugs.Echo", "core.debug.Echo"),
        ("io.kestra.core.tasks.flows.EachSequential", "core.flow.EachSequential"),
        ("io.kestra.core.tasks.flows.Flow", "core.flow.Subflow"),
        ("io.kestra.core.tasks.flows.WorkingDirectory", "core.flow.WorkingDirectory"),
        ("io.kestra.core.tasks.executions.Counts", "core.execution.Count"),
        ("io.kestra.core.tasks.states.Get", "core.state.Get"),
        ("io.kestra.core.tasks.storages.Concat", "core.storage.Concat"),
        ("io.kestra.core.tasks.scripts.Bash", "scripts.shell.Commands"),
        ("io.kestra.plugin.fs.http.Request", "core.http.Request"),
        ("io.kestra.plugin.core.flow.WaitFor", "core.flow.LoopUntil"),
        ("io.kestra.plugin.serdes.csv.CsvReader", "serdes.csv.CsvToIon"),
        ("io.kestra.plugin.serdes.parquet.ParquetWriter", "serdes.parquet.IonToParquet"),
        ("io.kestra.core.models.triggers.types.Schedule", "core.trigger.Schedule"),
        ("io.kestra.core.tasks.nothing.Known", "io.kestra.core.tasks.nothing.Known"),
    ],
)
def test_types_may_be_written_as_earlier_kestra_called_them(written: str, name: str) -> None:
    assert canonical(written) == name
