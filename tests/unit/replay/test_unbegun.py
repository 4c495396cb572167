"""What failed before a task that never began."""

from __future__ import annotations

from dalsegno.model.flow import Flow, Kind, Task
from dalsegno.model.graph import index
from dalsegno.model.state import State
from dalsegno.replay.unbegun import Tracing, unbegun
from dalsegno.service.flow_graph import edges_into

OK, NO, DEAD = State.SUCCESS, State.FAILED, State.KILLED


def work(name: str) -> Task:
    return Task(name, "core.log.Log")


def group(name: str, kind: Kind, *tasks: Task) -> Task:
    return Task(name, f"core.flow.{name}", kind=kind, tasks=tasks)


def failed_before(flow: Flow, address: str, states: dict[str, State]) -> tuple[str, ...]:
    return Tracing(index(flow), edges_into(flow), states).failed_before(address)


def test_a_row_leads_back_to_what_failed_in_it() -> None:
    flow = Flow("bikes", "rides", tuple(work(name) for name in "abcd"))
    states = {"a": OK, "b": NO}
    assert failed_before(flow, "c", states) == ("b",)
    assert failed_before(flow, "d", states) == ("b",)
    found = unbegun([(name, name) for name in "abcd"], states, Tracing(index(flow), edges_into(flow), states))
    assert [(each.address, each.failed) for each in found] == [("c", ("b",)), ("d", ("b",))]


def test_a_group_that_failed_is_told_by_what_failed_in_it() -> None:
    loop = group("each", Kind.LOOP, work("load"), work("store"))
    flow = Flow("bikes", "rides", (work("first"), loop, work("last")))
    states = {
        "first": OK, "each": NO, "each[a].load": OK, "each[a].store": OK, "each[b].load": NO, "each[c].load": DEAD,
    }  # fmt: skip
    assert failed_before(flow, "last", states) == ("each[b].load", "each[c].load")
    assert failed_before(flow, "each[b].store", states) == ("each[b].load",)
    # nothing in its own item failed, so that what failed in the group does
    assert failed_before(flow, "each[d].load", states) == ("each[b].load", "each[c].load")


def test_what_a_group_stands_after_holds_for_what_is_in_it() -> None:
    flow = Flow("bikes", "rides", (work("first"), group("par", Kind.PARALLEL, work("one"), work("two"))))
    assert failed_before(flow, "two", {"first": NO}) == ("first",)
    assert failed_before(flow, "two", {"first": OK, "par": NO, "one": NO}) == ("one",)


def test_where_nothing_failed_nothing_is_told() -> None:
    flow = Flow("bikes", "rides", tuple(work(name) for name in "ab"))
    assert failed_before(flow, "b", {"a": OK}) == ()
    assert failed_before(flow, "unknown", {"a": NO}) == ()
