"""What is wrong with a request is told: all of it, with its places, and with what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.servers import RunningServer


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        RunningServer(Path(tmp_path_factory.mktemp("requests")) / "home") as server,
        httpx.Client(base_url=f"{server.url}/api/v1/", timeout=60) as client,
    ):
        yield client


def _faults(answer: httpx.Response) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    return {fault["place"]: fault for fault in answer.json()["faults"]}


def test_every_wrong_field_is_told_with_its_place(api: httpx.Client) -> None:
    body = {
        "flw": "hello",
        "request": {"skp": ["a"], "start": "load", "effects": "asks", "inputs": [], "task_inputs": {"a": {"b": 1}},
                    "only": ["a", 1]},
        "queue": "maybe",
    }  # fmt: skip
    faults = _faults(api.post("runs", json=body))
    told = {place: fault["message"] for place, fault in faults.items()}
    assert told == {
        "body.flow": "is missing",
        "body.flw": "there is no such field; did you mean `flow`?",
        "body.request.skp": "there is no such field; did you mean `skip`?",
        "body.request.start": "must be a list, not 'load'",
        "body.request.effects": "must be `ask` or `reuse`, not 'asks'; did you mean `ask`?",
        "body.request.inputs": "must be an object, not []",
        "body.request.task_inputs.a.b": "must be an object, not 1",
        "body.request.only[1]": "must be a text, not 1",
        "body.queue": "must be true or false, not 'maybe'",
    }
    assert faults["body.request.skp"]["closest"] == ["skip"]


def test_a_choice_of_forms_is_told_as_one(api: httpx.Client) -> None:
    faults = _faults(api.post("runs", json={"flow": "hello", "request": {"revision": "newest"}}))
    assert faults["body.request.revision"]["message"] == (
        "must be a whole number or `original`, `latest` or `local`, not 'newest'; did you mean `latest`?"
    )


@pytest.mark.parametrize("given", [{}, {"valeu": 1}, {"value": 1, "expr": "x"}, {"expr": 1}])
def test_an_override_is_a_value_or_an_expression(api: httpx.Client, given: dict[str, Any]) -> None:
    request = {"origin": "last", "task_inputs": {"load": {"uri": given}}}
    faults = _faults(api.post("runs/replay/plan", json={"request": request}))
    assert faults["body.request.task_inputs.load.uri"]["code"] == "wrong-value"


def test_a_field_that_is_like_none_is_told_with_all_there_are(api: httpx.Client) -> None:
    faults = _faults(api.post("flows/validate", json={"text": "", "xyzzy": 1}))
    assert faults["body.xyzzy"]["message"] == "there is no such field; there are `text`, `file`, `strict`"


def test_what_is_no_json_is_told_with_line_and_column(api: httpx.Client) -> None:
    answer = api.post(
        "runs", content='{\n  "flow": "a",\n  "queue": tru\n}', headers={"Content-Type": "application/json"}
    )
    [fault] = _faults(answer).values()
    assert (fault["place"], fault["code"], fault["line"], fault["column"]) == ("body", "not-json", 3, 12)
    assert answer.json()["line"] == 3


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_was_not_sent_as_json_is_told(api: httpx.Client, kind: str) -> None:
    faults = _faults(api.post("runs", content='{"flow": "a"}', headers={"Content-Type": kind}))
    assert "Content-Type: application/json" in faults["body"]["message"]


def test_a_body_that_is_missing_is_told(api: httpx.Client) -> None:
    assert "there is no body" in _faults(api.post("runs"))["body"]["message"]


@pytest.mark.parametrize(("body", "told"), [("[]", "must be an object, not []"), ('"x"', "must be an object, not 'x'")])
def test_a_body_of_another_form_is_told(api: httpx.Client, body: str, told: str) -> None:
    answer = api.post("runs", content=body, headers={"Content-Type": "application/json"})
    assert _faults(answer)["body"]["message"] == told


def test_parameters_that_are_not_known_are_refused_with_the_closest(api: httpx.Client) -> None:
    faults = _faults(api.get("flows", params={"namespce": "a", "limt": 3}))
    assert {place: fault["closest"] for place, fault in faults.items()} == {
        "query.namespce": ["namespace"], "query.limt": ["limit"],
    }  # fmt: skip
    assert (
        _faults(api.get("task-types", params={"a": 1}))["query.a"]["message"]
        == "there is no such parameter; there are none here"
    )


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("limit=1000000", "must be at most 1000, not '1000000'"),
        ("limit=0", "must be at least 1, not '0'"),
        ("limit=many", "must be a whole number, not 'many'"),
        ("limit=99999999999999999999999999", "must be at most 1000, not '99999999999999999999999999'"),
    ],
)
def test_page_sizes_have_limits(api: httpx.Client, query: str, told: str) -> None:
    assert _faults(api.get(f"flows?{query}"))["query.limit"]["message"] == told


def test_lists_come_in_pages(api: httpx.Client) -> None:
    for number in range(5):
        api.put(f"namespaces/paged/entries/k{number}", json={"value": number}).raise_for_status()
    seen, after = [], ""
    while after is not None:
        page = api.get("namespaces/paged/entries", params={"limit": 2, "after": after}).json()
        seen.append([entry["value"] for entry in page["entries"]])
        after = page["next"]
    assert seen == [[0, 1], [2, 3], [4]]


def test_a_text_that_no_store_takes_is_refused(api: httpx.Client) -> None:
    for text in ('"a\\u0000b"', '"\\ud800"'):
        answer = api.post("flows", content=f'{{"text": {text}}}', headers={"Content-Type": "application/json"})
        assert _faults(answer)["body.text"]["code"] == "wrong-value"
    assert _faults(api.get("flows/a%00b"))["path.flow"]["code"] == "wrong-value"


def test_an_address_that_is_not_there_is_told_with_the_closest(api: httpx.Client) -> None:
    answer = api.get("flow")
    assert (answer.status_code, answer.json()["closest"][0]) == (404, "/api/v1/flows")


def test_a_method_that_an_address_has_not_is_told_with_those_it_has(api: httpx.Client) -> None:
    answer = api.patch("flows")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert answer.json()["message"] == "there is no PATCH of `/api/v1/flows`; it takes GET, POST"
