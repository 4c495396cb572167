"""The OpenAPI document: the API does what it says, and `docs/openapi.json` is what it says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.docs.openapi import PAGE, document
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.replay.request import ReplayRequest

FLOW = """
id: hello
namespace: company.team
inputs: [{id: name, type: STRING, defaults: you}]
tasks:
  - {id: greet, type: core.debug.Return, value: hello}
  - {id: say, type: core.log.Log, message: "{{ outputs.greet.value }} {{ inputs.name }}"}
"""
#: for each operation, of what is right and of what is wrong
EXAMPLES = int(os.environ.get("DALSEGNO_API_EXAMPLES", "8"))
#: what there is, so that not every name is of nothing
THERE = {"flow": "hello", "run": "last", "namespace": "company.team", "key": "key", "path": "a/b.txt", "number": 1,
         "name": "core.log.Log"}  # fmt: skip

#: what an admin sends along; made with the server
_TOKEN: dict[str, str] = {}

load_all_checks()


@schemathesis.serializer("application/x-tar")
def _as_it_is(_context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    home = tmp_path_factory.mktemp("schema") / "home"
    with Client(home) as local:
        local.users.add("ann", "admin", "correct horse battery")
        # two, so that no short prefix of an id revokes the one that is used
        tokens = [local.tokens.create("tests", user="ann").secret for _ in range(2)]
    _TOKEN["Authorization"] = f"Bearer {tokens[0]}"
    with RunningServer(home, "--login") as running:
        with Client(url=running.url, token=tokens[0]) as client:
            client.save_flow(FLOW)
            client.execute(client.start_run("hello", ReplayRequest()).id)
            client.set_entry("key", [1, None], namespace="company.team")
        where = f"{running.url}/api/v1/namespaces/company.team/files/a/b.txt"
        httpx.put(where, content=b"x", headers=_TOKEN).raise_for_status()
        yield running


# a stream has no end
_SCHEMA = schemathesis.openapi.from_path(PAGE).exclude(path_regex="/(events|follow)$")
OPERATIONS: list[Any] = [cast("Any", found).ok() for found in _SCHEMA.get_all_operations()]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_the_api_does_what_its_document_says(server: RunningServer, operation: Any, mode: GenerationMode) -> None:
    cases = operation.as_strategy(generation_mode=mode)

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(case=cases, there=st.booleans())
    def hold(case: Any, there: bool) -> None:
        if there and mode is GenerationMode.POSITIVE:
            case.path_parameters = {
                name: THERE.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        # a text of a flow, or a name, may be written as it has to be and all the same be of nothing
        case.call_and_validate(
            base_url=server.url, headers=_TOKEN, excluded_checks=[positive_data_acceptance], timeout=60
        )

    if mode is GenerationMode.POSITIVE:
        hold()
    else:
        # where a request takes anything, nothing can be wrong with it
        with suppress(Unsatisfiable):
            hold()


def test_every_route_says_what_it_takes_and_gives(server: RunningServer) -> None:
    said = httpx.get(f"{server.url}/api/v1/openapi.json", headers=_TOKEN).json()
    assert said["openapi"].startswith("3.1")
    operations = [
        (f"{method} {path}", operation) for path, found in said["paths"].items() for method, operation in found.items()
    ]
    names = [operation["operationId"] for _, operation in operations]
    assert len(set(names)) == len(names)
    for name, operation in operations:
        assert operation["summary"], name
        assert operation["description"], name
        for parameter in operation.get("parameters", []):
            assert parameter["schema"], name
        for status, answer in operation["responses"].items():
            if status != "204" and "text/event-stream" not in answer.get("content", {}):
                assert all(media["schema"] for media in answer.get("content", {}).values()), f"{name} {status}"
        if not name.startswith("head "):
            assert "application/problem+json" in operation["responses"]["422"]["content"], name


def test_the_page_is_what_the_server_says(server: RunningServer) -> None:
    said = httpx.get(f"{server.url}/api/v1/openapi.json", headers=_TOKEN).json()
    assert json.loads(PAGE.read_text(encoding="utf-8")) == json.loads(document()) == said
