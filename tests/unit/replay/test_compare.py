"""Two runs, compared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.model.plan import Action
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.state import State
from dalsegno.replay.compare import MISSING, MOST_VALUES, Change, Comparison, Side, compare_runs
from dalsegno.replay.fingerprint import output_digest


def a_run(name: str, **rest: Any) -> Run:
    values: dict[str, Any] = {"revision": 1, "state": State.SUCCESS, "attempt": 1, "root": "1", "clock": 1.0}
    return Run(id=name, name=name, namespace="bikes", flow="rides", created=1.0, **{**values, **rest})


def a_task(address: str, outputs: dict[str, Any] | None = None, **rest: Any) -> TaskRun:
    given = outputs or {}
    values: dict[str, Any] = {
        "task": address, "type": "core.debug.Return", "state": State.SUCCESS, "action": Action.RUN, "attempt": 1,
        "outputs": given, "output_digest": output_digest(given), "started": 1.0, "ended": 3.5,
    }  # fmt: skip
    return TaskRun(id=f"id of {address}", run="x", address=address, **{**values, **rest})


def failed(address: str, message: str = "no", **rest: Any) -> TaskRun:
    return a_task(address, state=State.FAILED, output_digest=None, error={"message": message}, **rest)


def compared(old: list[TaskRun], new: list[TaskRun], **rest: Any) -> Comparison:
    return compare_runs(Side(a_run("rides-1"), old), Side(a_run("rides-2", **rest), new))


def outputs_of(found: Comparison, address: str = "a") -> list[tuple[str, Any, Any]]:
    task = next(task for task in found.tasks if task.address == address)
    return [(change.name, change.before, change.after) for change in task.outputs]


KEPT = [a_task("download"), a_task("unzip"), a_task("convert")]


def test_a_replay_with_another_type_is_told_in_one_sentence() -> None:
    old = failed("to_parquet", type="serdes.avro.IonToAvro", digests={"type": "1", "from": "2"})
    new = a_task("to_parquet", {"uri": "x"}, type="serdes.parquet.IonToParquet", digests={"type": "3", "from": "2"})
    kept = [replace(task, action=Action.REUSE) for task in KEPT]
    found = compared([*KEPT, old], [*kept, new])
    assert found.summary == (
        "rides-2 differs from rides-1 in 1 of 4 tasks: `to_parquet` FAILED -> SUCCESS "
        "(type IonToAvro -> IonToParquet); 3 are the same results"
    )
    assert (found.first, found.read_equal) == ("to_parquet", True)
    assert [task.properties for task in found.tasks] == [(), (), (), ("`type`",)]


def test_equal_runs_do_not_differ_however_long_they_took_and_whatever_was_kept() -> None:
    kept = [replace(task, action=Action.REUSE, reused_from="x", ended=99.0) for task in KEPT]
    found = compared(KEPT, kept)
    assert found.summary == "rides-2 does not differ from rides-1: all 3 tasks have the same results"
    assert (found.first, found.facts, found.inputs, found.versions) == (None, (), (), ())


def test_runs_without_tasks_can_be_compared() -> None:
    assert compared([], []).summary == "rides-2 does not differ from rides-1: neither has task runs"


def test_what_the_runs_were_given_and_ran_on_is_compared() -> None:
    old = a_run("rides-1", inputs={"month": "07", "n": 1}, environment={"python": "3.11"}, outputs={"x": {"y": 1}})
    new = a_run(
        "rides-2", revision=2, state=State.FAILED, inputs={"month": "08", "n": 1}, environment={"python": "3.12"},
        outputs={"x": {"y": 2}},
    )  # fmt: skip
    found = compare_runs(Side(old, []), Side(new, []))
    assert found.facts == (
        Change("revision", 1, 2),
        Change("state", "SUCCESS", "FAILED"),
        Change("outputs.x.y", 1, 2),
    )
    assert found.inputs == (Change("month", "07", "08"),)
    assert found.versions == (Change("python", "3.11", "3.12"),)


# where it begins


def test_runs_begin_to_differ_where_what_was_read_was_equal() -> None:
    read = {"outputs.a.value": "1"}
    old = [a_task("a", {"v": 1}), a_task("b", {"v": 1}, used=read), a_task("c", {"v": 1})]
    new = [a_task("a", {"v": 1}), a_task("b", {"v": 2}, used={"outputs.a.value": "2"}), a_task("c", {"v": 2})]
    found = compared(old, new)
    assert (found.first, found.read_equal) == ("c", True)
    assert found.tasks[1].read == ("outputs.a.value",)


def test_runs_begin_to_differ_at_the_first_task_where_each_read_something_else() -> None:
    old = [a_task(name, {"v": 1}, used={"outputs.z.value": "1"}) for name in "ab"]
    new = [a_task(name, {"v": 2}, used={"outputs.z.value": "2"}) for name in "ab"]
    found = compared(old, new)
    assert (found.first, found.read_equal) == ("a", False)


def test_another_run_input_is_a_beginning_for_no_task_before_it_explains_it() -> None:
    old = [a_task("a", {"v": 1}, used={"inputs.n": "1"}), a_task("b", {"v": 1})]
    new = [a_task("a", {"v": 2}, used={"inputs.n": "2"}), a_task("b", {"v": 2})]
    found = compared(old, new)
    assert (found.first, found.read_equal) == ("a", False)
    assert "`a` other outputs (read another `inputs.n`)" in found.summary


def test_a_group_is_not_where_runs_begin_to_differ_and_not_counted() -> None:
    old = [failed("each", keys=("x",)), failed("each[x].a", parent="each")]
    new = [a_task("each", keys=("x",)), a_task("each[x].a", parent="each")]
    found = compared(old, new)
    assert found.first == "each[x].a"
    assert found.summary.startswith("rides-2 differs from rides-1 in 1 of 1 task: `each[x].a` FAILED -> SUCCESS")


def test_a_group_counts_where_nothing_in_it_differs() -> None:
    found = compared([failed("each", keys=())], [a_task("each", keys=())])
    assert found.first == "each"


def test_a_result_that_was_given_is_called_pinned() -> None:
    found = compared([failed("a"), a_task("b")], [a_task("a", action=Action.PIN), a_task("b")])
    assert "`a` FAILED -> SUCCESS (pinned)" in found.summary


def test_two_failures_that_say_the_same_are_the_same_result() -> None:
    assert compared([failed("a")], [failed("a")]).first is None
    found = compared([failed("a", "no")], [failed("a", "not this either")])
    assert "`a` another error" in found.summary


# addresses


def test_addresses_of_one_run_alone_stand_where_the_flow_has_them() -> None:
    found = compared([a_task(name) for name in "zaxb"], [a_task(name) for name in "abc"])
    assert [task.address for task in found.tasks] == ["z", "a", "x", "b", "c"]
    assert [task.address for task in found.tasks if not task.in_both] == ["z", "x", "c"]
    assert "`z` is only in rides-1, `x` is only in rides-1, `c` is only in rides-2; 2 are the same" in found.summary
    assert found.first == "z"


def test_a_sentence_names_some_and_counts_the_others() -> None:
    found = compared([a_task(name, {"v": 1}) for name in "abcde"], [a_task(name, {"v": 2}) for name in "abcde"])
    assert found.summary.endswith(
        "in 5 of 5 tasks: `a` other outputs, `b` other outputs, `c` other outputs, and 2 more"
    )


@given(st.lists(st.sampled_from("abcdef"), unique=True), st.lists(st.sampled_from("abcdef"), unique=True))
def test_every_address_stands_in_the_comparison_once_and_those_of_the_later_run_in_their_order(
    old: list[str], new: list[str]
) -> None:
    found = [task.address for task in compared([a_task(name) for name in old], [a_task(name) for name in new]).tasks]
    assert sorted(found) == sorted({*old, *new})
    assert [name for name in found if name in new] == new


# values


def test_values_are_compared_down_to_where_they_differ() -> None:
    old = {"rows": [1, {"city": "paris", "é x": True}], "same": "s", "gone": 1}
    new = {"rows": [1, {"city": "lyon", "é x": 1}, 3], "same": "s", "come": None}
    assert outputs_of(compared([a_task("a", old)], [a_task("a", new)])) == [
        ("rows[1].city", "paris", "lyon"),
        ('rows[1]["é x"]', True, 1),
        ("rows[2]", MISSING, 3),
        ("gone", 1, MISSING),
        ("come", MISSING, None),
    ]


def test_a_value_that_is_kept_as_a_blob_is_told_by_its_digest() -> None:
    old = a_task("a", {"v": {"$artifact": "id-1", "digest": "a" * 64, "size": 20_000}}, output_digest="1")
    new = a_task("a", {"v": {"$artifact": "id-2", "digest": "b" * 64, "size": 20_001}}, output_digest="2")
    assert outputs_of(compared([old], [new])) == [
        ("v", {"digest": "a" * 64, "size": 20_000}, {"digest": "b" * 64, "size": 20_001})
    ]


def test_a_value_of_python_that_is_stored_whole_is_told_by_its_digest_wherever_it_stands() -> None:
    old = {
        "v": {"m": [{"$type": "sklearn", "digest": "a" * 64, "size": 20_000}]},
        "w": {"$type": "bytes", "bytes": "YWJj"},
    }
    new = {
        "v": {"m": [{"$type": "sklearn", "digest": "b" * 64, "size": 20_000}]},
        "w": {"$type": "bytes", "bytes": "YWI="},
    }
    changed = compared([a_task("a", old, output_digest="1")], [a_task("a", new, output_digest="2")])
    assert outputs_of(changed) == [
        ("v.m[0]", {"digest": "a" * 64, "size": 20_000}, {"digest": "b" * 64, "size": 20_000}),
        ("w", {"digest": blake3(b"abc").hexdigest(), "size": 3}, {"digest": blake3(b"ab").hexdigest(), "size": 2}),
    ]
    assert "  a v.m[0]: aaaaaaaa… (20,000 bytes) → bbbbbbbb… (20,000 bytes)" in str(changed).splitlines()


def test_outputs_of_a_flow_that_look_like_stored_values_are_compared_as_they_are() -> None:
    old = {"v": {"digest": "x", "size": "big"}, "w": {"$type": "t", "bytes": "no base64!"}}
    new = {"v": {"digest": "x", "size": "small"}, "w": {"$type": "t", "bytes": "nor this!"}}
    changed = compared([a_task("a", old)], [a_task("a", new)])
    assert outputs_of(changed) == [("v.size", "big", "small"), ("w.bytes", "no base64!", "nor this!")]
    assert "  a v.size: big → small" in str(changed).splitlines()


def test_where_the_content_of_a_value_stands_makes_no_difference() -> None:
    inside = {"$type": "bytes", "bytes": "YWJj"}
    apart = {"$type": "bytes", "digest": blake3(b"abc").hexdigest(), "size": 3}
    changed = compared([a_task("a", {"v": inside, "n": 1})], [a_task("a", {"v": apart, "n": 2}, output_digest="2")])
    assert outputs_of(changed) == [("n", 1, 2)]


def test_many_differences_are_cut_and_counted() -> None:
    old, new = {"v": list(range(200))}, {"v": list(range(1, 201))}
    (task,) = compared([a_task("a", old)], [a_task("a", new)]).tasks
    assert (len(task.outputs), task.more_outputs) == (MOST_VALUES, 200 - MOST_VALUES)


def test_rendered_properties_are_compared_where_both_runs_rendered_them() -> None:
    old = a_task("a", {"v": 1}, properties={"value": "x", "same": 1})
    new = a_task("a", {"v": 2}, properties={"value": "y", "same": 1})
    assert compared([old], [new]).tasks[0].rendered == (Change("value", "x", "y"),)
    assert compared([old], [replace(new, properties={})]).tasks[0].rendered == ()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(
    st.dictionaries(st.text(max_size=5), VALUES, max_size=4), st.dictionaries(st.text(max_size=5), VALUES, max_size=4)
)
def test_results_that_differ_have_a_difference_to_show_and_equal_ones_have_none(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    (task,) = compared([a_task("a", old)], [a_task("a", new)]).tasks
    assert task.same_result == (output_digest(old) == output_digest(new))
    assert (task.outputs == ()) == task.same_result


def test_a_comparison_is_json() -> None:
    found = compared([failed("a"), a_task("b", {"v": 1})], [a_task("a"), a_task("c")], inputs={"n": 1}).as_json()
    assert found["first_divergence"] == "a"
    assert found["inputs"] == [{"name": "n", "after": 1}]
    first, second, third = found["tasks"]
    assert (first["before"]["state"], first["before"]["error"], first["after"]["state"]) == ("FAILED", "no", "SUCCESS")
    assert (second["address"], second["after"], third["address"], third["before"]) == ("b", None, "c", None)


def test_versions_of_packages_are_compared_and_what_a_run_kept_it_did_not_import() -> None:
    def versions(after: dict[str, str], action: Action) -> list[tuple[str, Any, Any]]:
        old = Side(a_run("rides-1", environment={"python": "3.11", "packages": {"numpy": "1", "pandas": "2"}}), KEPT)
        kept = [replace(task, action=action) for task in KEPT]
        new = Side(a_run("rides-2", environment={"python": "3.11", "packages": after}), kept)
        return [(change.name, change.before, change.after) for change in compare_runs(old, new).versions]

    assert versions({"numpy": "1.1"}, Action.REUSE) == [("packages.numpy", "1", "1.1")]
    assert versions({"numpy": "1", "torch": "2"}, Action.RUN) == [
        ("packages.pandas", "2", MISSING),
        ("packages.torch", MISSING, "2"),
    ]
