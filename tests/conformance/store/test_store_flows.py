"""Flows and revisions."""

from __future__ import annotations

import pytest
from tests.support.stored import a_flow, a_revision

from dalsegno.errors import MoveRefused
from dalsegno.store.port import DeleteFlow, DisableFlow, SaveRevision, Store


def test_a_revision_comes_back_as_it_was_saved(store: Store) -> None:
    revision = a_revision()
    store.commit(None, [SaveRevision(revision)])
    assert store.flows.latest("bikes", "rides") == revision
    assert store.flows.revision("bikes", "rides", 1) == revision


def test_what_does_not_exist_is_not_found(store: Store) -> None:
    assert store.flows.latest("bikes", "rides") is None
    assert store.flows.revision("bikes", "rides", 1) is None
    assert store.flows.with_digest("bikes", "rides", "0") is None
    assert store.flows.all() == []
    assert store.flows.revisions("bikes", "rides") == []


def test_revisions_are_listed_oldest_first_and_the_latest_is_the_highest(store: Store) -> None:
    for number in range(1, 12):
        store.commit(None, [SaveRevision(a_revision(number))])
    assert [revision.number for revision in store.flows.revisions("bikes", "rides")] == list(range(1, 12))
    latest = store.flows.latest("bikes", "rides")
    assert latest is not None
    assert latest.number == 11


def test_a_digest_gives_the_newest_revision_that_has_it(store: Store) -> None:
    for number, digest in enumerate(["a", "b", "a"], start=1):
        store.commit(None, [SaveRevision(a_revision(number, digest=digest))])
    found = store.flows.with_digest("bikes", "rides", "a")
    assert found is not None
    assert found.number == 3


@pytest.mark.parametrize("number", [1, 3])
def test_a_revision_whose_number_is_not_the_next_is_refused(store: Store, number: int) -> None:
    store.commit(None, [SaveRevision(a_revision(1))])
    with pytest.raises(MoveRefused, match="somebody else has saved in between"):
        store.commit(None, [SaveRevision(a_revision(number, digest="other"))])
    assert len(store.flows.revisions("bikes", "rides")) == 1


def test_flows_are_listed_by_namespace_and_id_with_their_latest_revision(store: Store) -> None:
    for namespace, name in [("b", "y"), ("a", "z"), ("b", "X"), ("a", "y")]:
        store.commit(None, [SaveRevision(a_revision(flow=a_flow(name, namespace)))])
    newer = a_flow("y", "b", description="now off", disabled=True)
    store.commit(None, [SaveRevision(a_revision(2, flow=newer))])

    found = [(flow.namespace, flow.id, flow.revision) for flow in store.flows.all()]
    assert found == [("a", "y", 1), ("a", "z", 1), ("b", "X", 1), ("b", "y", 2)]
    assert [flow.id for flow in store.flows.all("a")] == ["y", "z"]
    summary = store.flows.named("y")[1]
    assert (summary.namespace, summary.description, summary.disabled, summary.updated) == ("b", "now off", True, 102.0)


def test_a_store_opened_elsewhere_reads_the_same_compiled_flow(store: Store, other: Store) -> None:
    store.commit(None, [SaveRevision(a_revision())])
    store.flows.latest("bikes", "rides")
    assert other.flows.latest("bikes", "rides") == a_revision()


def test_a_flow_that_is_switched_off_says_since_when(store: Store) -> None:
    store.commit(None, [SaveRevision(a_revision())])
    store.commit(None, [DisableFlow("bikes", "rides", 5.0)])
    [found] = store.flows.all()
    assert (found.disabled, found.off, found.deleted) == (True, 5.0, None)
    store.commit(None, [DisableFlow("bikes", "rides", None)])
    assert store.flows.summary("bikes", "rides") == store.flows.all()[0]
    assert (store.flows.all()[0].off, store.flows.all()[0].disabled) == (None, False)


def test_a_deleted_flow_is_hidden_and_comes_back_as_it_was(store: Store) -> None:
    store.commit(None, [SaveRevision(a_revision())])
    store.commit(None, [DisableFlow("bikes", "rides", 5.0), DeleteFlow("bikes", "rides", 6.0)])
    assert store.flows.all() == []
    assert [flow.deleted for flow in store.flows.all(deleted=True)] == [6.0]
    assert [flow.deleted for flow in store.flows.named("rides")] == [6.0]
    assert store.flows.marks("bikes", "rides") == (5.0, 6.0)
    assert store.flows.latest("bikes", "rides") == a_revision()
    store.commit(None, [DeleteFlow("bikes", "rides", None)])
    assert [(flow.off, flow.deleted) for flow in store.flows.all("bikes")] == [(5.0, None)]


def test_a_flow_that_is_not_there_has_no_summary(store: Store) -> None:
    assert store.flows.summary("bikes", "rides") is None
    assert store.flows.marks("bikes", "rides") == (None, None)
