from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.task_context import FolderContext

from dalsegno.errors import TaskFailed
from dalsegno.model.flow import Kind
from dalsegno.tasks.base import TaskType
from dalsegno.tasks.core import Assert, Echo, Fail, Log, OutputValues, Return, Sleep
from dalsegno.tasks.groups import ForEach, Parallel, Sequential

ALL = [Log, Echo, Return, OutputValues, Fail, Assert, Sleep, Sequential, Parallel, ForEach]


@pytest.fixture
def context(tmp_path: Path) -> FolderContext:
    return FolderContext(tmp_path)


def make(task_type: type[TaskType], **properties: Any) -> Any:
    return task_type.model_validate(properties)


@pytest.mark.parametrize(
    ("message", "lines"),
    [
        ("hello", ["hello"]),
        (["a", 1, None, True], ["a", "1", "", "true"]),
        ({"b": 1}, ['{"b": 1}']),
        (None, [""]),
        ([], []),
    ],
)
def test_log_writes_a_line_for_each_message(context: FolderContext, message: Any, lines: list[str]) -> None:
    make(Log, message=message).run(context)
    assert context.lines == [("info", line) for line in lines]


@pytest.mark.parametrize(
    ("level", "name"),
    [("TRACE", "debug"), ("debug", "debug"), ("WARN", "warning"), ("warning", "warning"), ("ERROR", "error")],
)
def test_log_writes_at_its_level(context: FolderContext, level: str, name: str) -> None:
    make(Log, message="x", level=level).run(context)
    assert context.lines == [(name, "x")]


@pytest.mark.parametrize("value", ["text", 7, 1.5, None, [1, {"a": None}], {"k": [True]}])
def test_return_gives_the_value_as_it_is(context: FolderContext, value: Any) -> None:
    assert make(Return, value=value).run(context).value == value


@pytest.mark.parametrize(
    ("value", "text"), [("x", "x"), (7, "7"), (1.5, "1.5"), ([1, {"a": None}], '[1, {"a": null}]')]
)
def test_under_the_name_that_kestra_has_return_gives_a_text_as_kestra_does(
    context: FolderContext, value: Any, text: str
) -> None:
    assert make(Return, format=value).run(context).value == text


def test_return_refuses_both_names_at_once() -> None:
    with pytest.raises(ValidationError, match="give one of them"):
        make(Return, value=1, format=None)


@pytest.mark.parametrize("condition", [True, "true", "x", 1, "[]", [0]])
def test_fail_fails_with_its_message_where_its_condition_holds(context: FolderContext, condition: Any) -> None:
    with pytest.raises(TaskFailed, match=r"^too many$"):
        make(Fail, errorMessage="too many", condition=condition).run(context)


@pytest.mark.parametrize("condition", [False, "false", " FALSE ", "", "0", 0, None, []])
def test_fail_lets_pass_where_its_condition_does_not_hold(context: FolderContext, condition: Any) -> None:
    make(Fail, condition=condition).run(context)


def test_fail_without_a_condition_fails(context: FolderContext) -> None:
    with pytest.raises(TaskFailed, match="Task failure"):
        make(Fail).run(context)


def test_sleep_waits_as_long_as_it_says_without_a_thread(context: FolderContext) -> None:
    assert make(Sleep, duration="PT0.5S").waits() == 0.5
    assert make(Sleep, duration="P1D").waits() == 86_400
    make(Sleep, duration="PT1H").run(context)
    assert any("waited for 3600 s" in str(line) for line in context.lines)


@pytest.mark.parametrize(
    ("duration", "said"), [(5, "write `PT5S`"), ("-PT1S", "cannot be negative"), ("soon", "ISO 8601")]
)
def test_sleep_refuses_what_is_no_length_of_time(duration: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        make(Sleep, duration=duration)


@pytest.mark.parametrize(
    ("values", "items"),
    [(["a", 1], ["a", 1]), ('["a", {"b": null}]', ["a", {"b": None}]), ("[]", []), ((1, 2), [1, 2])],
)
def test_a_loop_takes_its_items_as_a_list_or_as_json_text(values: Any, items: list[Any]) -> None:
    assert make(ForEach, values=values).values == items


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("a,b", "the text `a,b`"),
        ({"a": 1}, "this is a map"),
        ('{"a": 1}', "this is a map"),
        (None, "list"),
        ("3", "list"),
    ],
)
def test_a_loop_refuses_what_is_no_list(values: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        make(ForEach, values=values)


@pytest.mark.parametrize(("group", "name"), [(Parallel, "concurrent"), (ForEach, "concurrencyLimit")])
def test_a_limit_is_zero_or_more(group: type[TaskType], name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name}\n"):
        make(group, values=[], **{name: -1})


def test_groups_say_how_they_are_executed_and_hold_no_tasks_of_their_own() -> None:
    assert [group.kind for group in (Sequential, Parallel, ForEach)] == [Kind.SEQUENCE, Kind.PARALLEL, Kind.LOOP]
    assert (make(Parallel).concurrent, make(ForEach, values=[]).concurrency_limit) == (0, 1)
    with pytest.raises(ValidationError, match="Extra inputs"):
        make(Sequential, tasks=[])


@pytest.mark.parametrize("task_type", ALL)
def test_every_type_and_every_property_is_described(task_type: type[TaskType]) -> None:
    assert task_type.__doc__
    assert all(field.description for field in task_type.model_fields.values())


def test_echo_writes_one_line(context: FolderContext) -> None:
    make(Echo, format={"a": 1}, level="warn").run(context)
    make(Echo).run(context)
    assert context.lines == [("warning", '{"a": 1}'), ("info", "")]


def test_several_values_are_given_each_with_its_type(context: FolderContext) -> None:
    values = {"n": 1, "t": "x", "m": {"l": [None, True]}}
    assert make(OutputValues, values=values).run(context).values == values
    assert make(OutputValues).run(context).values == {}
    with pytest.raises(ValidationError):
        make(OutputValues, values=["a"])


def test_an_assertion_passes_where_all_conditions_hold(context: FolderContext) -> None:
    make(Assert, conditions=["{{ 1 + 1 == 2 }}", True, "x", 1]).run(context)
    make(Assert, conditions=[]).run(context)
    assert context.metrics == {"success": 4, "failed": 0}


@pytest.mark.parametrize("condition", ["{{ 1 == 2 }}", "", "0", "{{ '-0' }}", " False ", 0, None, "{{ nothing }}"])
def test_an_assertion_fails_where_one_does_not(context: FolderContext, condition: Any) -> None:
    with pytest.raises(TaskFailed, match=r"an assertion does not hold: .*: see there"):
        make(Assert, conditions=["{{ true }}", condition], errorMessage="see there").run(context)
    assert context.metrics == {"success": 1, "failed": 1}
    assert [level for level, _ in context.lines] == ["error"]


def test_all_assertions_that_do_not_hold_are_told(context: FolderContext) -> None:
    with pytest.raises(TaskFailed, match=r"2 assertions do not hold: `{{ 1 > 2 }}`, `{{ x\.y }}`"):
        make(Assert, conditions=["{{ 1 > 2 }}", "{{ x.y }}"]).run(context)
    assert "it gives `false`" in context.lines[0][1]
    assert "cannot be evaluated" in context.lines[1][1]
