"""Calls of one step that is called several times: which is which, in a graph that has changed (rule 11)."""

from __future__ import annotations

from typing import Any

import pytest

from dalsegno.model.binding import KEY
from dalsegno.model.digest import digest
from dalsegno.model.flow import Flow, Task
from dalsegno.replay.matching import matched_calls


def call(id: str, function: str, **given: Any) -> Task:
    """Make a call: a text that begins with `<` reads the call of that name."""
    properties = {
        name: {
            KEY: {"output": [value[1:], "output"]} if isinstance(value, str) and value[:1] == "<" else {"value": value}
        }
        for name, value in given.items()
    }
    digests = {name: digest("property", value) for name, value in properties.items()}
    return Task(id=id, type="python.Invocation", function=function, properties=properties, digests=digests)


def flow(*calls: Task) -> Flow:
    return Flow("n", "f", calls, depends={task.id: () for task in calls})


def adds(*ks: int) -> Flow:
    """Give a chain: a source, and an `add` for each number."""
    calls, before = [call("src", "m:src")], "<src"
    for place, k in enumerate(ks, 1):
        name = "add" if place == 1 else f"add_{place}"
        calls.append(call(name, "m:add", number=before, k=k))
        before = f"<{name}"
    return flow(*calls)


def trains(*rates: float) -> Flow:
    """Give calls side by side."""
    names = ["train", *(f"train_{place}" for place in range(2, len(rates) + 1))]
    return flow(*(call(name, "m:train", lr=rate) for name, rate in zip(names, rates, strict=True)))


@pytest.mark.parametrize(
    ("new", "old", "names"),
    [
        (adds(10, 100), adds(10, 100), {}),
        (adds(7, 10, 100), adds(10, 100), {"add": "", "add_2": ""}),
        (adds(10, 7, 100), adds(10, 100), {"add_2": ""}),
        (adds(10, 100, 7), adds(10, 100), {}),
        (adds(100), adds(10, 100), {"add": ""}),
        (adds(7, 10), adds(10, 100), {"add": "", "add_2": ""}),
        (adds(11, 100), adds(10, 100), {}),
        (adds(11, 101), adds(10, 100), {}),
        (trains(0.2, 0.1), trains(0.1, 0.2), {"train": "train_2", "train_2": "train"}),
        (trains(0.3, 0.1, 0.2), trains(0.1, 0.2), {"train": "", "train_2": "train", "train_3": "train_2"}),
        (trains(0.2), trains(0.1, 0.2), {"train": "train_2"}),
        (trains(0.1, 0.25), trains(0.1, 0.2), {}),
        (trains(0.1, 0.25), trains(0.1, 0.2, 0.3), {"train_2": ""}),
    ],
    ids=[
        "nothing changed", "put in front", "put between", "put behind", "taken away", "moved along", "a literal changed",
        "all literals changed", "swapped", "put in front of calls side by side", "one of two taken away",
        "one of two changed", "one changed and one taken away",
    ],
)  # fmt: skip
def test_calls_are_matched_by_what_they_are_given(new: Flow, old: Flow, names: dict[str, str]) -> None:
    assert matched_calls(new, old) == names


def test_what_reads_a_matched_call_is_matched_with_it() -> None:
    new = flow(call("a", "m:a", n=3), call("b", "m:b", x="<a"), call("a_2", "m:a", n=1), call("b_2", "m:b", x="<a_2"))
    old = flow(call("a", "m:a", n=1), call("b", "m:b", x="<a"), call("a_2", "m:a", n=2), call("b_2", "m:b", x="<a_2"))
    # 3 took the place of 2: there are as many, and each has literals of its own
    assert matched_calls(new, old) == {"a": "a_2", "b": "b_2", "a_2": "a", "b_2": "b"}


def test_a_call_that_is_named_by_its_author_is_matched_by_that_name_alone() -> None:
    new = flow(call("first", "m:train", lr=0.2), call("second", "m:train", lr=0.1))
    old = flow(call("first", "m:train", lr=0.1), call("second", "m:train", lr=0.2))
    assert matched_calls(new, old) == {}


def test_thousands_of_calls_are_matched() -> None:
    old, new = adds(*range(5000)), adds(*range(5000), 7)
    assert matched_calls(new, old) == {}
    changed = matched_calls(adds(*range(1, 5001)), old)
    assert set(changed.values()) == {""}
