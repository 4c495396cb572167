"""The check of properties against a type, on types that stress it."""

# ruff: noqa: E501 - each line of a table is one case

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

import pytest
from pydantic import AliasChoices, BaseModel, BeforeValidator, Field, field_validator

from dalsegno.flows.document import read
from dalsegno.flows.properties import check_properties, shape
from dalsegno.flows.report import Report
from dalsegno.tasks.base import JsonMap, TaskOutput, TaskType, Text, from_json_text


class Options(BaseModel, extra="forbid"):
    timeout: int = 1
    name: str = ""


class Other(BaseModel, extra="forbid"):
    a: int
    name: str


class Inner(BaseModel):
    a: int
    b: int


class Fussy(TaskType):
    """A type with a property of every kind."""

    text: Text = ""
    max_rows: int | None = Field(default=None, alias="maxRows", ge=0)
    mode: Literal["A", "B"] = "A"
    either: int | list[int] = 0
    options: Options = Options()
    parsed: Annotated[Options | None, BeforeValidator(from_json_text)] = None
    choice: Options | Other | None = None
    maybe: list[Options] | dict[str, Options] | None = None
    nested: list[Inner] = Field(default_factory=list["Inner"])
    headers: JsonMap = Field(default_factory=dict[str, Any])
    retry: str = ""
    source: str = Field(default="", validation_alias=AliasChoices("from", "uri"))
    pattern: str = ""
    place: str = ""

    not_supported = MappingProxyType({"docker": "remove it"})

    class Output(TaskOutput):
        row_count: int = Field(alias="rowCount")
        uri: str

    @field_validator("pattern")
    @classmethod
    def _is_short(cls, value: str) -> str:
        if len(value) > 3:
            raise ValueError("is longer than 3")
        return value

    @field_validator("place")
    @classmethod
    def _is_here(cls, value: str) -> str:
        if value != "here":
            raise ValueError("Kestra's places are not supported here")
        return value

    @classmethod
    def check_literals(cls, properties: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        if "bad" in str(properties.get("text")):
            yield "text", "may not be bad"
        if "from" not in properties:
            yield "from", "is better given"


class Open(TaskType, extra="allow"):
    """Takes any property and gives what it likes."""

    Output = dict


def told(written: str, task_type: type[TaskType] = Fussy) -> list[str]:
    report = Report()
    node = read(f"id: t\n{written}\n", report)
    assert node is not None
    fields = {name: child for name, child in (node.fields or {}).items() if name != "id"}
    check_properties("t", task_type, node, fields, report)
    return [f"{problem.line}:{problem.column} {problem.message}" for problem in report.problems()]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("text: 5", []),
        ("maxRows: '5'", []),
        ("maxRows: -1", ["2:10 `maxRows` of task `t`: should be greater than or equal to 0, not `-1`"]),
        ("maxRows: '{{ x }}'", []),
        ("maxRows: x{% if y %}1{% endif %}", []),
        ("max_rows: 5", ["2:1 the type of task `t` has no property `max_rows`; did you mean `maxRows`?"]),
        ("mode: C", ["2:7 `mode` of task `t`: should be 'A' or 'B', not `C`"]),
        ("mode:", ["2:6 `mode` of task `t`: should be 'A' or 'B', not nothing"]),
        ("either: [1, x]", ["2:13 `either.1` of task `t`: should be a valid integer, unable to parse string as an integer, not `x`"]),
        ("either: [1, '{{ x }}']", []),
        ("options: {timeout: x, name: '{{ y }}'}", ["2:20 `options.timeout` of task `t`: should be a valid integer, unable to parse string as an integer, not `x`"]),
        ("options: {timeout: '{{ x }}'}", []),
        ("options: {tiemout: 5}", ["2:11 `options.tiemout` of task `t`: there is no such property; did you mean `timeout`?"]),
        ("maybe: [{timeout: 1, nam: x}]", ["2:22 `maybe.0.nam` of task `t`: there is no such property; did you mean `name`?"]),
        ("maybe: {k: {timeout: 1, zzzz: x}}", ["2:25 `maybe.k.zzzz` of task `t`: there is no such property"]),
        ("maybe: {k: {timeout: 1, nmae: '{{ x }}'}}", ["2:25 `maybe.k.nmae` of task `t`: there is no such property; did you mean `name`?"]),
        ("maybe: {}", []),
        ("parsed: '{\"nam\": 1}'", ["2:9 `parsed.nam` of task `t`: there is no such property; did you mean `name`?"]),
        ("choice: {name: x, a: '{{ y }}'}", []),
        ("options: 5", ["2:10 `options` of task `t`: should be a valid dictionary or instance of Options, not `5`"]),
        ("nested: [{b: x}]", ["2:10 `nested.0` of task `t` needs `a`", "2:14 `nested.0.b` of task `t`: should be a valid integer, unable to parse string as an integer, not `x`"]),
        ("headers: '{\"a\": 1}'", []),
        ("headers: 5", ["2:10 `headers` of task `t`: should be a valid dictionary, not `5`"]),
        ("retry: mine", []),
        ("docker: 5", ["2:1 Kestra's `docker` of task `t` is not supported here: remove it"]),
        ("place: there", ["2:8 `place` of task `t`: Kestra's places are not supported here"]),
        ("uri: y", []),
        ("pattern: 'long'", ["2:10 `pattern` of task `t`: is longer than 3, not `long`"]),
        ("pattern: '{{ long }}'", []),
        ("text: '{{ bad }}'", []),
        ("text: bad", ["2:7 `text` of task `t`: may not be bad"]),
    ],
)  # fmt: skip
def test_literal_values_are_checked_and_others_are_not(written: str, expected: list[str]) -> None:
    given = "" if written.startswith("uri") else "\nfrom: x"
    found = [problem for problem in told(written + given) if "`from`" not in problem]
    assert found == expected


def test_a_type_may_check_literals_itself_even_such_as_are_not_there() -> None:
    assert told("text: x") == ["1:1 `from` of task `t`: is better given"]


def test_the_shape_of_a_type_has_the_names_that_flows_use() -> None:
    facts = shape(Fussy)
    assert facts.names >= {"maxRows", "from", "uri", "text"}
    assert not facts.names & {"max_rows", "source"}
    assert facts.outputs == ("rowCount", "uri")


def test_a_type_may_take_any_property_and_give_outputs_nobody_knows_before() -> None:
    assert told("anything: 5", Open) == []
    assert shape(Open).outputs is None
