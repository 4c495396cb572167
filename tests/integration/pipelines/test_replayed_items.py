"""Replays of mapped steps: items keep their results by key, whatever comes, goes or moves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.pipelines import actions, nothing_written, ran, value

from dalsegno import Client, Refusal, RequestRefused, pipeline, step, unmapped


@step
def cities(file: str) -> list[str]:
    return json.loads(Path(file).read_text())["cities"]


@step
def train(city: str, file: str) -> int:
    if city in json.loads(Path(file).read_text()).get("fail", []):
        raise ValueError(f"no luck in {city}")
    return len(city)


@step
def total(sizes: list[int]) -> int:
    return sum(sizes)


@pipeline
def training(file: str) -> None:
    total(train.map(cities(file), file=unmapped(file)))


class World:
    """What the steps find when they run: a file, so that it is no part of their code."""

    def __init__(self, folder: Path) -> None:
        self.file = str(folder / "world.json")

    def says(self, *cities: str, fail: tuple[str, ...] = ()) -> None:
        Path(self.file).write_text(json.dumps({"cities": cities, "fail": fail}))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def items(run: Any) -> dict[str, str]:
    """Give what was done with each item."""
    return {name: action for name, action in actions(run).items() if "[" in name}


@step
def add_up(given: list[float]) -> float:
    return sum(given)


@step
def other() -> int:
    return 1


@step
def same(cities: list[str]) -> list[str]:
    return cities


@step
def name_of(city: str, file: str) -> str:
    assert file
    return city


@step
def told(names: list[str]) -> list[str]:
    return names


renamed = name_of.with_options(name="train")


@pipeline
def listed(cities: list[str], file: str) -> None:
    told(renamed.map(same(cities), file=unmapped(file)))


@pipeline
def given(cities: list[str], file: str) -> None:
    other()
    told(renamed.map(cities, file=unmapped(file)))


def test_only_failed_items_run_again(world: World) -> None:
    world.says("rome", "paris", "montevideo", fail=("paris",))
    first = training(world.file, raise_on_failure=False)
    assert first.state == "FAILED"
    world.says("rome", "paris", "montevideo")
    replayed = training.replay(skip_successful_steps=True)
    assert items(replayed) == {"train[rome]": "REUSE", "train[paris]": "RUN", "train[montevideo]": "REUSE"}
    assert value(replayed, "total") == 19


BEFORE = ["rome", "paris", "lima"]


@pytest.mark.parametrize(
    ("after", "new", "gathered"),
    [
        (["oslo", "rome", "paris", "lima"], ["train[oslo]"], True),
        (["rome", "lima"], [], True),
        (["lima", "rome", "paris"], [], True),
        (["lima", "bergen", "rome"], ["train[bergen]"], True),
        (["rome", "paris", "lima"], [], False),
    ],
    ids=["one more in front", "one less", "another order", "all at once", "the same"],
)
@pytest.mark.parametrize("through", [listed, given], ids=["from a step", "from a parameter"])
def test_with_changed_only_new_items_run_and_what_gathers_them(
    world: World, through: Any, after: list[str], new: list[str], gathered: bool
) -> None:
    world.says()
    through(BEFORE, world.file)
    replayed = through.replay(changed=True, input_overrides={"cities": after})
    assert [name for name, action in items(replayed).items() if action == "RUN"] == new
    assert list(items(replayed)) == [f"train[{city}]" for city in after]
    assert ("told" in ran(replayed)) == gathered
    assert value(replayed, "told") == after


@pytest.mark.parametrize(
    ("after", "new", "gathered"),
    [
        (["oslo", "rome", "paris", "lima"], ["train[oslo]"], True),
        (["rome", "lima"], [], True),
        (["lima", "rome", "paris"], [], True),
        (["lima", "bergen", "rome"], ["train[bergen]"], True),
        (["rome", "paris", "lima"], [], False),
    ],
    ids=["one more in front", "one less", "another order", "all at once", "the same"],
)
@pytest.mark.parametrize("asked", [{"skip_successful_steps": True}, {"start": "other"}], ids=["skip", "start"])
def test_of_another_list_that_is_given_only_new_items_run_and_what_gathers_them(
    world: World, asked: dict[str, Any], after: list[str], new: list[str], gathered: bool
) -> None:
    world.says()
    given(BEFORE, world.file)
    replayed = given.replay(input_overrides={"cities": after}, **asked)
    assert [name for name, action in items(replayed).items() if action == "RUN"] == new
    assert list(items(replayed)) == [f"train[{city}]" for city in after]
    assert ("told" in ran(replayed)) == gathered
    assert value(replayed, "told") == after
    # and in a process of its own
    stored = Client().replay_pipeline_run(
        replayed.name, {"skip_successful_steps": True, "parameters": {"cities": BEFORE}}
    )
    assert value(stored, "told") == BEFORE
    assert [name for name, action in items(stored).items() if action == "RUN"] == [
        f"train[{city}]" for city in BEFORE if city not in after
    ]


def test_of_another_list_that_a_step_makes_all_items_run(world: World) -> None:
    world.says()
    listed(BEFORE, world.file)
    replayed = listed.replay(skip_successful_steps=True, input_overrides={"cities": [*BEFORE, "oslo"]})
    assert ran(replayed) == ["same", *(f"train[{city}]" for city in (*BEFORE, "oslo")), "told"]


@step
def weigh(record: dict[str, Any]) -> int:
    return record["weight"]


@step
def double(weight: int) -> int:
    return weight * 2


@pipeline
def weighing(records: list[dict[str, Any]]) -> None:
    add_up(double.map(weigh.map(records, key="name")))


def test_an_item_of_the_same_key_with_another_value_runs_again() -> None:
    weighing([{"name": "a", "weight": 1}, {"name": "b", "weight": 2}])
    after = [{"name": "a", "weight": 1}, {"name": "b", "weight": 5}, {"name": "c", "weight": 7}]
    replayed = weighing.replay(skip_successful_steps=True, input_overrides={"records": after})
    assert ran(replayed) == ["weigh[b]", "weigh[c]", "double[b]", "double[c]", "add_up"]
    assert "reads another `record` than in weighing-1" in replayed.steps["weigh[b]"].reason
    assert value(replayed, "add_up") == 26
    with nothing_written(), pytest.raises(RequestRefused, match=r"cannot be skipped: it reads another `record`"):
        weighing.replay(
            skip=["weigh[a]"], skip_successful_steps=True, input_overrides={"records": [{"name": "a", "weight": 3}]}
        )


def test_one_item_is_started_skipped_pinned_and_overridden(world: World) -> None:
    world.says("rome", "paris", "lima")
    first = training(world.file)
    started = training.replay(pipeline_run=first, start="train[paris]")
    assert ran(started) == ["train[paris]", "total"]
    pinned = training.replay(pipeline_run=first, outputs={"train[paris]": 100}, skip_successful_steps=True)
    assert items(pinned)["train[paris]"] == "PIN"
    assert value(pinned, "total") == 108
    skipped = training.replay(pipeline_run=first, skip=["cities", "train[paris]"])
    assert items(skipped) == {"train[rome]": "RUN", "train[paris]": "REUSE", "train[lima]": "RUN"}
    overridden = training.replay(
        pipeline_run=first, skip_successful_steps=True, step_input_overrides={"train[lima]": {"city": "buenos aires"}}
    )
    assert items(overridden) == {"train[rome]": "REUSE", "train[paris]": "REUSE", "train[lima]": "RUN"}
    assert value(overridden, "total") == 4 + 5 + 12


def test_an_override_of_a_mapped_step_holds_for_all_items(world: World) -> None:
    world.says("rome", "paris")
    training(world.file)
    replayed = training.replay(skip_successful_steps=True, step_input_overrides={"train": {"city": "x"}})
    assert value(replayed, "total") == 2


def test_all_items_are_skipped_by_the_name_of_the_step(world: World) -> None:
    world.says("rome", "paris")
    training(world.file)
    assert ran(training.replay(skip=["cities", "train"])) == ["total"]


def test_a_skip_of_all_items_below_what_runs_is_refused(world: World) -> None:
    world.says("rome", "paris")
    training(world.file)
    with nothing_written(), pytest.raises(RequestRefused, match=r"`train` cannot be skipped: `train` runs"):
        training.replay(skip=["train"])


@step
def pair(left: int, right: str) -> str:
    return f"{right}{left}"


@step
def both(texts: list[str]) -> str:
    return "-".join(texts)


@pipeline
def crossing(lefts: list[int], rights: list[str]) -> None:
    both(pair.product(lefts, rights))


def test_a_product_is_replayed_by_its_pairs() -> None:
    run = crossing([1, 2], ["a", "b"])
    assert value(run, "both") == "a1-b1-a2-b2"
    names = [name for name in run.steps if "[" in name]
    replayed = crossing.replay(start=names[2])
    assert ran(replayed) == [names[2], "both"]
    more = crossing.replay(changed=True, input_overrides={"lefts": [1, 3]})
    assert [action for name, action in actions(more).items() if "[" in name] == ["REUSE", "REUSE", "RUN", "RUN"]
    assert value(more, "both") == "a1-b1-a3-b3"


@step
def numbers(count: int) -> list[int]:
    return list(range(count))


@step
def twice(number: int) -> int:
    return number * 2


@step
def half(number: int) -> float:
    return number / 2


@pipeline
def chained(count: int) -> None:
    add_up(half.map(twice.map(numbers(count))))


def test_a_map_of_a_map_is_replayed_item_by_item() -> None:
    run = chained(3)
    assert value(run, "add_up") == 3
    started = chained.replay(pipeline_run=run, start="twice[1]")
    assert ran(started) == ["twice[1]", "half[1]", "add_up"]
    assert ran(chained.replay(pipeline_run=run, start="half[2]")) == ["half[2]", "add_up"]
    pinned = chained.replay(pipeline_run=run, outputs={"twice[2]": 40}, skip_successful_steps=True)
    assert ran(pinned) == ["half[2]", "add_up"]
    assert value(pinned, "add_up") == 21


def test_with_changed_a_map_of_a_map_runs_what_has_another_value() -> None:
    chained(3)
    replayed = chained.replay(changed=True, input_overrides={"count": 4})
    assert ran(replayed) == ["numbers", "twice[3]", "half[3]", "add_up"]
    assert value(replayed, "add_up") == 6


def test_a_thousand_items_are_gathered_and_kept() -> None:
    chained(1000)
    replayed = chained.replay(start="add_up")
    assert ran(replayed) == ["add_up"]
    assert value(replayed, "add_up") == sum(range(1000))


@step
def records(count: int) -> list[dict[str, Any]]:
    return [{"name": f"c {number}", "size": number} for number in range(count)]


@step
def grade(record: dict[str, Any], by: int) -> int:
    return record["size"] * by


def name_of_record(record: dict[str, Any]) -> str:
    return f"{record['name']}!"


@pipeline
def by_field(count: int, by: int = 1) -> None:
    add_up(grade.map(records(count), by=unmapped(by), key="name"))


@pipeline
def by_function(count: int, by: int = 1) -> None:
    add_up(grade.map(records(count), by=unmapped(by), key=name_of_record))


@pipeline
def by_closure(count: int, by: int = 1) -> None:
    def named(record: dict[str, Any]) -> str:
        return f"{record['name']}{by}"

    add_up(grade.map(records(count), by=unmapped(by), key=named))


@pytest.mark.parametrize("keyed", [by_field, by_function, by_closure], ids=["a field", "a function", "a closure"])
def test_items_that_are_named_by_their_author_are_kept_and_run_again_by_name(keyed: Any) -> None:
    run = keyed(3)
    names = [name for name in run.steps if "[" in name]
    assert ran(keyed.replay(pipeline_run=run, skip_successful_steps=True)) == []
    assert ran(keyed.replay(pipeline_run=run, start=names[1])) == [names[1], "add_up"]
    assert ran(keyed.replay(pipeline_run=run, start="add_up")) == ["add_up"]
    assert grade.replay(pipeline_run=run, invocation_id=names[2]) == 2
    more = keyed.replay(pipeline_run=run, changed=True, input_overrides={"count": 4})
    assert len([name for name in ran(more) if "[" in name]) == 1
    stored = Client().replay_pipeline_run(run.name, {"start": names[0], "parameters": {"count": 3}})
    assert ran(stored) == [names[0], "add_up"]
    assert value(Client().replay_pipeline_run(run.name, {"parameters": {"count": 5}}), "add_up") == 10


def test_the_key_of_an_item_needs_no_quotes() -> None:
    run = by_field(2)
    assert list(run.steps)[1] == 'grade["c 0"]'
    assert grade.replay(pipeline_run=run, invocation_id="grade[c 1]", input_overrides={"by": 5}) == 5


def test_the_results_of_all_items_are_not_given_at_once() -> None:
    by_field(2)
    with nothing_written(), pytest.raises(Refusal, match=r"`grade` is mapped: give the result of an item"):
        by_field.replay(outputs={"grade": [1, 2]})


def test_a_run_that_was_deleted_is_not_replayed() -> None:
    run = by_field(2)
    Client().delete_run(run.id)
    with pytest.raises(Refusal, match="by_field-1 was deleted"):
        by_field.replay(pipeline_run=run.id)
    with pytest.raises(Refusal, match="by_field-1 was deleted"):
        grade.replay(pipeline_run=run.id)


@pipeline
def mapped_twice(count: int, first: int, second: int) -> None:
    made = records(count)
    add_up(grade.map(made, by=unmapped(first), key="name"))
    add_up(grade.map(made, by=unmapped(second), key="name"))


def test_mapped_calls_of_one_step_are_matched_by_what_they_are_given() -> None:
    run = mapped_twice(2, 10, 100)
    swapped = mapped_twice.replay(
        pipeline_run=run, changed=True, input_overrides={"first": 100, "second": 10}, raise_on_failure=False
    )
    assert [value(swapped, name) for name in ("add_up", "add_up_2")] == [100, 10]
    assert [value(run, name) for name in ("add_up", "add_up_2")] == [10, 100]


@step
def many(count: int, width: int) -> list[str]:
    return [f"{number:05d}" + "x" * width for number in range(count)]


@step
def head(text: str) -> int:
    return int(text[:5])


@step
def numbered(count: int) -> tuple[range, tuple[dict[str, Any], ...]]:
    return range(1, count, 2), tuple({"name": f"n{number}", "text": "x" * 20_000} for number in range(1, count, 2))


@step
def named_length(record: dict[str, Any], number: int) -> int:
    return number + len(record["text"])


@pipeline
def over_many(count: int = 300, width: int = 100) -> None:
    total(head.map(many(count, width), id="heads"))


@pipeline
def over_records(count: int) -> None:
    numbers, records = numbered(count)
    total(named_length.map(record=records, number=numbers, key="name"))


@pytest.mark.parametrize(("count", "width"), [(300, 100), (3, 20_000)])
def test_a_large_list_is_mapped_over_and_loads_as_the_list_it_was(count: int, width: int) -> None:
    run = over_many(count, width)
    assert value(run, "total") == sum(range(count))
    assert value(run, "many") == [f"{number:05d}" + "x" * width for number in range(count)]
    again = over_many.replay(skip=["many"], step_input_overrides={})
    assert value(again, "total") == sum(range(count))
    assert actions(again)["many"] == "REUSE"


def test_ranges_tuples_and_large_items_are_mapped_over_by_the_name_of_a_field() -> None:
    run = over_records(6)
    assert value(run, "total") == 1 + 3 + 5 + 60_000
    assert [name for name in items(run) if name.startswith("named_length")] == [
        "named_length[n1]", "named_length[n3]", "named_length[n5]",
    ]  # fmt: skip


def test_an_item_loads_nothing_but_itself(home: Path) -> None:
    run = over_many(3, 20_000)
    name = next(name for name, one in run.steps.items() if one.action == "RUN" and name.startswith("heads["))
    content = json.dumps(many.function(3, 20_000)[int(run.steps[name].output.load())])
    blobs = list((home / "artifacts" / "blobs").glob("*/*"))
    own = [blob for blob in blobs if blob.read_text() == content]
    assert len(own) == 1
    assert len(blobs) > 3
    for blob in blobs:
        if blob not in own and len(blob.read_bytes()) > 15_000:
            # whoever reads it finds out
            blob.chmod(0o644)
            blob.write_text("no JSON at all")
    assert head.replay(pipeline_run=run, invocation_id=name) == run.steps[name].output.load()
