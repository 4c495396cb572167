"""Mapped steps over mapped steps: each item reads those that it is made from, and no others (item edges)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.pipelines import actions, planned, ran, value

from dalsegno import RequestRefused, pipeline, step, unmapped


@step
def numbers(count: int) -> list[int]:
    return list(range(1, count + 1))


@step
def first(number: int) -> int:
    return number * 10


@step
def mix(left: int, right: int = 0, every: list[int] = []) -> int:  # noqa: B006 - it is never changed
    return left + right + sum(every)


@step
def add_up(given: list[int]) -> int:
    return sum(given)


def built(first_layer: Any, shape: list[str]) -> None:
    layers: list[Any] = [first_layer]
    for kind in shape:
        name, _, other = kind.partition(" ")
        last = layers[-1]
        if name == "each":
            made = mix.map(last)
        elif name == "product":
            made = mix.product(last, [1, 2])
        elif name == "swapped":
            made = mix.product([1, 2], last)
        elif name == "with":
            made = mix.map(last, layers[int(other)])
        elif name == "after":
            made = mix.map(last, after=last)
        else:
            made = mix.map(last, every=unmapped(last))
        layers.append(made)
    add_up(layers[-1])


@pipeline
def layered(count: int, shape: list[str]) -> None:
    built(first.map(numbers(count)), shape)


@pipeline
def listed(items: list[int], shape: list[str]) -> None:
    built(first.map(items), shape)


def reckoned(items: list[int], shape: list[str]) -> int:
    """What `listed` gives, reckoned without any engine."""
    layers = [[item * 10 for item in items]]
    for kind in shape:
        name, _, other = kind.partition(" ")
        last = layers[-1]
        if name == "product":
            made = [item + more for item in last for more in (1, 2)]
        elif name == "swapped":
            made = [item + more for more in (1, 2) for item in last]
        elif name == "with":
            made = [one + two for one, two in zip(last, layers[int(other)], strict=True)]
        else:
            made = [item + (sum(last) if name == "whole" else 0) for item in last]
        layers.append(made)
    return sum(layers[-1])


class Model:
    """Which item of which layer is made from which others, told apart from the planner by nothing but places."""

    def __init__(self, count: int, shape: list[str]) -> None:
        self.lengths = [count]
        #: (layer, place) -> those that it is made from
        self.reads: dict[tuple[int, int], set[tuple[int, int]]] = {(0, at): set() for at in range(count)}
        for kind in shape:
            last, before = len(self.lengths) - 1, self.lengths[-1]
            name, _, other = kind.partition(" ")
            self.lengths.append(before * 2 if name in ("product", "swapped") else before)
            for at in range(self.lengths[-1]):
                self.reads[last + 1, at] = self._made_from(name, other, last, before, at)

    def _made_from(self, name: str, other: str, last: int, before: int, at: int) -> set[tuple[int, int]]:
        if name in ("after", "whole"):
            return {(last, place) for place in range(before)}
        if name == "with":
            return {(last, at), (int(other), at)}
        return {(last, at // 2 if name == "product" else at % before)}

    def below(self, start: tuple[int, int]) -> set[tuple[int, int]]:
        found = {start}
        for item, sources in self.reads.items():
            if sources & found:
                found.add(item)
        return found


@st.composite
def shapes(draw: st.DrawFn) -> tuple[int, list[str], tuple[int, int]]:
    count = draw(st.integers(1, 3))
    lengths, shape = [count], list[str]()
    for _ in range(draw(st.integers(1, 3))):
        like = [f"with {at}" for at, length in enumerate(lengths) if length == lengths[-1]]
        kind = draw(st.sampled_from(["each", "product", "swapped", "whole", "after", *like]))
        lengths.append(lengths[-1] * 2 if kind in ("product", "swapped") else lengths[-1])
        shape.append(kind)
    layer = draw(st.integers(0, len(lengths) - 1))
    return count, shape, (layer, draw(st.integers(0, lengths[layer] - 1)))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(shapes())
def test_a_start_at_an_item_runs_what_is_made_from_it_and_nothing_else(
    drawn: tuple[int, list[str], tuple[int, int]],
) -> None:
    count, shape, start = drawn
    model = Model(count, shape)
    run = layered(count, shape)
    names = dict(zip(model.reads, [name for name in run.steps if "[" in name], strict=True))
    plan = layered.plan_replay(pipeline_run=run, start=names[start])
    replayed = layered.replay(pipeline_run=run, start=names[start])
    expected = [names[item] for item in model.reads if item in model.below(start)]
    assert ran(replayed) == [*expected, "add_up"]
    shown = {address: action for address, action in planned(plan).items() if "[" in address}
    loops = {address.partition("[")[0] for address in shown}
    told = [address.rpartition(".")[0] for address, action in shown.items() if action == "RUN"]
    # what runs whole is not told item by item
    assert told == [name for name in expected if name.partition("[")[0] in loops]
    assert value(replayed, "add_up") == value(run, "add_up")


LISTS = st.lists(st.integers(0, 3), min_size=1, max_size=4)
KINDS = st.sampled_from(["each", "product", "swapped", "whole", "after", "with 0"])


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(LISTS, LISTS, st.lists(KINDS, max_size=3), st.sampled_from(["skip_successful_steps", "changed"]))
def test_a_replay_with_another_list_gives_what_a_fresh_run_would(
    before: list[int], after: list[int], shape: list[str], how: str
) -> None:
    grown = next((at for at, kind in enumerate(shape) if kind in ("product", "swapped")), len(shape))
    # lists in step are equally long
    shape = ["each" if kind == "with 0" and at > grown else kind for at, kind in enumerate(shape)]
    run = listed(before, shape)
    assert value(run, "add_up") == reckoned(before, shape)
    replayed = listed.replay(pipeline_run=run, input_overrides={"items": after}, **{how: True})
    assert value(replayed, "add_up") == reckoned(after, shape)
    kept = [name for name, action in actions(replayed).items() if name.startswith("first[") and action == "REUSE"]
    assert len(kept) == sum(min(before.count(item), after.count(item)) for item in set(after))


@step
def risky(number: int, bad: int) -> int:
    if number == bad:
        raise ValueError("no luck")
    return number


@pipeline
def failing(count: int, bad: int) -> None:
    add_up(mix.map(risky.map(numbers(count), bad=unmapped(bad))))


def test_what_an_item_lacks_that_is_left_out_is_refused_and_no_more() -> None:
    run = failing(3, 2, raise_on_failure=False)
    assert ran(failing.replay(pipeline_run=run, only=["risky[1]"])) == ["risky[1]"]
    with pytest.raises(RequestRefused, match=r"reads `risky\[2\].risky_item`, which would run but is left out"):
        failing.replay(pipeline_run=run, only=["mix[2]"])


def test_an_item_that_failed_runs_again_with_what_is_made_from_it() -> None:
    run = failing(3, 2, raise_on_failure=False)
    replayed = failing.replay(pipeline_run=run, skip_successful_steps=True, input_overrides={"bad": 0})
    assert value(replayed, "add_up") == 6
