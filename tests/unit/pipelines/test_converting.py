from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NewType, NotRequired, Protocol, TypedDict, TypeVar

import pytest
from pydantic import BaseModel, Field

from dalsegno.pipelines.annotations import MISSING, Unknown, names_around, outputs_of, resolved
from dalsegno.pipelines.converting import Unfit, allows, convert, fits

Some = TypeVar("Some")
UserId = NewType("UserId", int)


class Config:
    name = "named"


class Unfinished(BaseModel):
    other: NotThere  # pyright: ignore[reportUndefinedVariable]  # noqa: F821


class Speaks(Protocol):
    def speak(self) -> None: ...


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        ("2", int, 2),
        (1, float, 1.0),
        ((1, 2), list[int], [1, 2]),
        ([1, 1], set[int], {1}),
        ("/tmp", Path, Path("/tmp")),
        ("3", int | str, "3"),
        ({"a": ["1"]}, dict[str, list[int]] | None, {"a": [1]}),
        ("2", Annotated[int, Field(gt=1)], 2),
        ("2", Annotated[int, "name"], 2),
        (3, Some, 3),
        (3, Speaks, 3),
        (3, Any, 3),
        (3, MISSING, 3),
        (3, Unknown(), 3),
        ([3], list["NotThere"], [3]),  # pyright: ignore[reportUndefinedVariable]  # noqa: F821
    ],
)
def test_a_value_becomes_what_the_annotation_names(value: Any, annotation: Any, expected: Any) -> None:
    made = convert(value, annotation)
    assert (made, type(made)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "annotation", "told"),
    [
        ("x", int, "`x` should be a valid integer"),
        (0, Annotated[int, Field(gt=1)], "`x` should be greater than 1, not 0"),
        ("c", Literal["a", "b"], "`x` should be 'a' or 'b', not 'c'"),
        ([1, "x"], list[int], "`x[1]` should be a valid integer"),
        (list("abcdef"), list[int], "; and 3 more"),
        (3, Iterable[int], "`x` should be an `Iterable`, not 3"),
        (3, Callable[[int], int], "`x` should be a `Callable`, not 3"),
        ({"other": 1}, Unfinished, "`x` should be an `Unfinished`, not {'other': 1}"),
        ({"other": 1}, Unfinished | None, "`x` should be"),
        ("a" * 500, int, "..."),
    ],
)
def test_a_value_that_cannot_is_refused_in_few_words(value: Any, annotation: Any, told: str) -> None:
    with pytest.raises(Unfit) as caught:
        convert(value, annotation)
    assert told in caught.value.told("x")
    assert len(caught.value.told("x")) < 300


def test_what_is_read_only_once_is_not_wrapped() -> None:
    values = iter([1, 2])
    assert convert(values, Iterable[int]) is values


def test_an_instance_stays_the_very_object() -> None:
    made = Unfinished.model_construct(other=1)
    assert convert(made, Unfinished) is made
    values = [[1], [2]]
    assert convert(values, list[list[int]]) is values


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        (1, int, True), (True, int, False), (None, None, True), (None, int | None, True), (1, int | None, True),
        ([1], list[int], True), ([1.0], list[int], False), ({"a": 1}, dict[str, int], True), ((1, "a"), tuple[int, str], True),
        ((1,), tuple[int, str], False), ((1, 2), tuple[int, ...], True), ("a", Literal["a"], True), (1, Literal[True], False),
        (1, Annotated[int, "name"], True), (1, Annotated[int, Field(gt=3)], False), ([], list, True), ("a", list[str], False),
    ],
)  # fmt: skip
def test_what_fits_needs_no_conversion(value: Any, annotation: Any, expected: bool) -> None:
    assert fits(value, annotation) is expected


class Level(int):
    """A number that is a type of its own."""


class Told(TypedDict):
    name: str
    size: NotRequired[int]


class Pairs(list[tuple[str, int]], Generic[Some]):
    """A list that says something else in its brackets than what its items are."""


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        (True, int, True), (Level(1), int, True), (1, float, False), ("1", int, False), (None, int, False), (None, None, True),
        ([True, Level(2)], list[int], True), ([1, "2"], list[int], False), ((1,), tuple[int], True),
        ((1, 2), tuple[int], False),
        ((1, 2), tuple[int, ...], True), ((), tuple[()], True), ({"a": Level(1)}, dict[str, int], True),
        ({1: 1}, Mapping[str, int], False), ([1], Sequence[int], True), (["a"], Sequence[int], False), ({1}, set[int], True),
        (Level(1), int | None, True), (1, UserId, True), ("a", UserId, False), ("a", Literal["a"], True), (2, Any, True),
        (2, Some, True), (2, Unknown(), True), (2, MISSING, True), (2, Annotated[int, Config()], True),
        (2, Annotated[int, Field(gt=3)], False), (Pairs([("a", 1)]), Pairs[bytes], True),
        (OrderedDict(a=1), dict[str, int], True),
        ({"name": "a", "more": 1}, Told, True), ({"size": 1}, Told, False), ({"name": "a", "size": "b"}, Told, False),
        (len, Callable[[str], int], True), (iter([1]), Iterable[str], True), ([2], list["NotThere"], True),  # pyright: ignore[reportUndefinedVariable]  # noqa: F821
    ],
)  # fmt: skip
def test_what_is_returned_may_be_of_a_type_that_derives_from_the_one_that_is_named(
    value: Any, annotation: Any, expected: bool
) -> None:
    assert allows(value, annotation) is expected


@pytest.mark.parametrize(
    ("annotation", "names", "is_tuple"),
    [
        (MISSING, ("output",), False),
        (None, (), False),
        (int, ("output",), False),
        (Annotated[int, "model"], ("model",), False),
        (Annotated[int, Config()], ("named",), False),
        (Annotated[None, Field()], (), False),
        (tuple[int, str], ("output_0", "output_1"), True),
        (tuple[Annotated[int, "a"], str, Annotated[int, "c"]], ("a", "output_1", "c"), True),
        (Annotated[tuple[int, str], "pair"], ("pair",), False),
        (tuple[int, ...], ("output",), False),
        (tuple, ("output",), False),
        (tuple[int], ("output_0",), True),
        (int | None, ("output",), False),
    ],
)
def test_outputs_are_named(annotation: Any, names: tuple[str, ...], is_tuple: bool) -> None:
    assert outputs_of(annotation) == (names, is_tuple)


def test_texts_are_read_with_the_names_around_the_function() -> None:
    local = int

    def function(x: local, y: gone.Frame[int] | None) -> None:  # pyright: ignore  # noqa: F821, PGH003
        local(x)

    names = names_around(function)
    assert resolved("local", names) is int
    assert resolved("list[local]", names) == list[int]
    assert outputs_of(resolved('Annotated[gone.Model, "model"]', names)) == (("model",), False)
    assert outputs_of(resolved('Annotated[gone, gone.Said(x=1), "model"]', names)) == (("model",), False)
    assert outputs_of(resolved("tuple[gone, gone.Model]", names)) == (("output_0", "output_1"), True)
    assert isinstance(resolved("not even (Python", names), Unknown)
