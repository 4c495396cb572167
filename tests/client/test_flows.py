"""Flows: saved, looked at, compared, searched, switched off, deleted."""

from __future__ import annotations

import pytest

from dalsegno.client.client import Client
from dalsegno.errors import Ambiguous, FlowInvalid, FlowMoved, NotFound, Refusal
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.listing import RunQuery

HELLO = """
id: hello
namespace: company.team
tasks:
  - {id: greet, type: core.debug.Return, value: hello}
  - id: each
    type: core.flow.ForEach
    values: [a, b]
    tasks:
      - {id: say, type: core.log.Log, message: "{{ outputs.greet.value }}"}
"""
HULLO = HELLO.replace("value: hello", "value: hullo")


def test_a_saved_flow_is_there(client: Client) -> None:
    saved = client.save_flow(HELLO)
    assert (saved.created, saved.revision.number, saved.revision.source) == (True, 1, HELLO)
    found = client.get_flow("hello")
    assert found.flow == saved.revision.flow
    assert (found.digest, found.author) == (saved.revision.digest, saved.revision.author)
    assert client.get_flow("company.team.hello", 1).flow == found.flow
    assert client.flow_text("hello") == HELLO
    [listed] = client.list_flows("company.team")
    assert (listed.full_id, listed.revision, listed.disabled, listed.deleted) == ("company.team.hello", 1, False, None)
    assert client.list_flows("company") == []


def test_equal_text_makes_no_revision(client: Client) -> None:
    client.save_flow(HELLO)
    again = client.save_flow(HELLO)
    assert (again.created, again.revision.number) == (False, 1)


def test_what_is_wrong_with_a_text_is_told_with_its_places(client: Client) -> None:
    text = HELLO.replace("core.debug.Return", "core.debug.Retrun").replace("outputs.greet", "outputs.gret")
    problems = client.validate_flow(text, file="hello.yaml")
    assert [(problem.line, problem.code) for problem in problems] == [(5, "unknown-type"), (10, "unknown-task")]
    with pytest.raises(FlowInvalid) as caught:
        client.save_flow(text, file="hello.yaml")
    assert caught.value.problems == tuple(problems)
    assert client.validate_flow(HELLO) == []


def test_a_warning_is_told_and_refused_if_that_is_asked_for(client: Client) -> None:
    text = HELLO + "  - {id: call, type: core.flow.Subflow, namespace: company.team, flowId: helo}\n"
    client.save_flow(HELLO.replace("id: hello", "id: hella"))
    saved = client.save_flow(text)
    assert [problem.code for problem in saved.warnings] == ["unknown-flow"]
    with pytest.raises(FlowInvalid):
        client.save_flow(text, strict=True)


def test_revisions_are_compared_and_restored(client: Client) -> None:
    client.save_flow(HELLO)
    client.save_flow(HULLO)
    assert [revision.number for revision in client.flow_revisions("hello")] == [1, 2]
    assert "-  - {id: greet, type: core.debug.Return, value: hello}" in client.diff_flow("hello")
    assert client.diff_flow("hello", 2, 2) == ""
    restored = client.restore_flow("hello", 1)
    assert (restored.created, restored.revision.number) == (True, 3)
    assert client.flow_text("hello") == HELLO
    assert client.restore_flow("hello", 1).created is False
    with pytest.raises(Refusal, match="say which revision"):
        client.restore_flow("hello")


def test_a_save_expects_a_revision(client: Client) -> None:
    assert client.save_flow(HELLO, expected_revision=0).revision.number == 1
    assert client.save_flow(HULLO, expected_revision=1).revision.number == 2
    with pytest.raises(FlowMoved, match="revision 1 was expected") as caught:
        client.save_flow(HELLO, expected_revision=1)
    assert caught.value.newest is not None
    assert caught.value.newest["revision"] == 2
    assert "+  - {id: greet, type: core.debug.Return, value: hullo}" in caught.value.diff
    with pytest.raises(FlowMoved, match="no flow of this name was expected"):
        client.save_flow(HELLO, expected_revision=0)
    with pytest.raises(FlowMoved, match="revision 7 was expected"):
        client.save_flow(HELLO, expected_revision=7)
    with pytest.raises(FlowMoved, match="is not there yet"):
        client.save_flow(HELLO.replace("id: hello", "id: other"), expected_revision=1)
    assert len(client.flow_revisions("hello")) == 2


def test_what_is_not_there_is_told_with_what_is(client: Client) -> None:
    client.save_flow(HELLO)
    with pytest.raises(NotFound) as caught:
        client.get_flow("helo")
    assert (caught.value.code, caught.value.closest[0]) == ("unknown-flow", "hello")
    with pytest.raises(NotFound) as caught:
        client.get_flow("hello", 9)
    assert caught.value.code == "unknown-revision"
    client.save_flow(HELLO.replace("company.team", "company.other"))
    with pytest.raises(Ambiguous, match=r"company\.other\.hello"):
        client.get_flow("hello")


def test_text_is_found_with_its_lines(client: Client) -> None:
    client.save_flow(HELLO)
    client.save_flow(HULLO)
    client.save_flow("id: other\nnamespace: company.sales\ntasks:\n  - {id: Greet, type: core.log.Log, message: x}\n")
    found = client.search_flows("GREET")
    assert [(flow.namespace, flow.id, flow.revision) for flow in found] == [
        ("company.sales", "other", 1), ("company.team", "hello", 2),
    ]  # fmt: skip
    assert [(line.line, line.column) for line in found[1].lines] == [(5, 10), (10, 60)]
    assert found[1].lines[0].text == "  - {id: greet, type: core.debug.Return, value: hullo}"
    assert client.search_flows("value: hello") == []
    assert [flow.id for flow in client.search_flows("greet", namespace="company.team")] == ["hello"]
    assert len(client.search_flows("greet", limit=1)) == 1
    with pytest.raises(Refusal):
        client.search_flows(" ")


def test_the_graph_has_nodes_edges_and_groups(client: Client) -> None:
    client.save_flow(HELLO)
    graph = client.flow_graph("hello")
    assert [(node["id"], node["group"], node["kind"]) for node in graph["nodes"]] == [
        ("greet", None, "work"), ("each", None, "loop"), ("say", "each", "work"),
    ]  # fmt: skip
    assert graph["edges"] == [
        {"from": "greet", "to": "each", "kind": "order"},
        {"from": "greet", "to": "say", "kind": "data"},
    ]
    assert [group["tasks"] for group in graph["groups"]] == [["say"]]


def test_a_flow_that_is_switched_off_makes_no_runs(client: Client) -> None:
    client.save_flow(HELLO)
    run = client.execute(client.start_run("hello", ReplayRequest()).id)
    assert client.disable_flow("hello").disabled
    with pytest.raises(Refusal, match="is switched off") as caught:
        client.start_run("hello", ReplayRequest())
    assert caught.value.code == "flow-disabled"
    client.save_flow(HULLO)
    with pytest.raises(Refusal, match="is switched off"):
        client.start_run("hello.yaml", ReplayRequest(), text=HELLO)
    assert [flow.disabled for flow in client.list_flows()] == [True]
    assert not client.enable_flow("hello").disabled
    assert client.execute(client.start_run("hello", ReplayRequest()).id).state is State.SUCCESS
    assert client.get_run(run.id).state is State.SUCCESS


def test_a_flow_whose_text_disables_it_is_enabled_by_its_text_alone(client: Client) -> None:
    client.save_flow(HELLO + "disabled: true\n")
    with pytest.raises(Refusal, match="says `disabled: true`"):
        client.enable_flow("hello")


def test_a_deleted_flow_is_hidden_makes_no_runs_and_comes_back(client: Client) -> None:
    client.save_flow(HELLO)
    client.save_flow(HULLO)
    client.execute(client.start_run("hello", ReplayRequest()).id)
    assert client.delete_flow("hello").deleted is not None
    assert client.list_flows() == []
    assert [flow.full_id for flow in client.list_flows(deleted=True)] == ["company.team.hello"]
    assert client.search_flows("greet") == []
    with pytest.raises(Refusal, match="was deleted") as caught:
        client.start_run("hello", ReplayRequest())
    assert caught.value.code == "flow-deleted"
    with pytest.raises(Refusal, match="deleted already"):
        client.delete_flow("hello")
    assert [revision.number for revision in client.flow_revisions("hello")] == [1, 2]
    assert client.get_run("hello-1").state is State.SUCCESS
    # its runs are still found by its name
    assert [run.name for run in client.page_of_runs(RunQuery(flow="company.team.hello")).runs] == ["hello-1"]
    restored = client.restore_flow("hello")
    assert (restored.created, restored.revision.number) == (False, 2)
    assert client.execute(client.start_run("hello", ReplayRequest()).id).state is State.SUCCESS


def test_a_save_brings_a_deleted_flow_back(client: Client) -> None:
    client.save_flow(HELLO)
    client.delete_flow("hello")
    assert client.save_flow(HELLO).created is False
    assert [flow.full_id for flow in client.list_flows()] == ["company.team.hello"]


def test_task_types_are_described_with_their_schema(client: Client) -> None:
    assert "core.http.Download" in client.task_types()
    described = client.task_type("core.http.Download")
    assert described["name"] == "core.http.Download"
    assert described["schema"]["properties"]["uri"]
    with pytest.raises(NotFound) as caught:
        client.task_type("core.http.Downlod")
    assert caught.value.closest[0] == "core.http.Download"
    assert client.flow_schema()["title"] == "A flow of Dal Segno"


def test_an_expression_is_rendered_as_a_run_sees_it(client: Client) -> None:
    run = client.execute(client.start_run("hello.yaml", ReplayRequest(), text=HELLO).id)
    assert client.evaluate(run.id, "{{ outputs.greet }}") == {"value": "hello"}
    assert client.evaluate(run.id, "{{ taskrun.value }}!", task="each[b].say") == "b!"
    with pytest.raises(Refusal) as caught:
        client.evaluate(run.id, "{{ outputs.gret }}")
    assert caught.value.closest == ("greet",)
