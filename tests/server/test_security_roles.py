"""Every route of the API as every role, and as nobody: who may do what is written here once more, in short."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from tests.docs.openapi import document
from tests.support.people import People, settle
from tests.support.servers import RunningServer

from dalsegno.model.access import Role
from dalsegno.server.roles import check_all

#: the first that fits says which role an operation needs; what only reads needs viewer
TABLE: tuple[tuple[str, str, str], ...] = (
    ("none", "POST", "/login"),
    ("viewer", "POST", "/logout"),
    ("viewer", "PUT", "/users/{name}/password"),
    ("viewer", "POST|DELETE", "/tokens.*"),
    ("admin", ".*", "/users.*|/audit-log|/purge"),
    ("viewer", "GET|HEAD", ".*"),
    ("editor", ".*", "/flows.*|/namespaces/.*|/runs/{run}/eval|/runs/{run}/lease|/leases/.*"),
    ("editor", "DELETE", "/runs/{run}"),
    ("operator", "POST", "/runs.*|/bulk-replays.*|/reads|/blobs/lacking"),
    ("operator", "PUT", "/blobs/{digest}"),
)
ROLES = ("nobody", *(role.value for role in Role))
#: what stands in the place of a parameter that has to have a form
VALUES = {"digest": "0" * 64, "number": "1"}


def needed(method: str, path: str) -> str:
    for role, methods, paths in TABLE:
        if re.fullmatch(methods, method) and re.fullmatch(paths, path):
            return role
    raise AssertionError(f"nobody has said who may {method} {path}: write it into the table")


def operations() -> list[tuple[str, str, str]]:
    """Give method, path and role of all that the document has, and of what it leaves out."""
    import json

    said: dict[str, Any] = json.loads(document())
    return [
        (method.upper(), path.removeprefix("/api/v1"), str(operation["x-role"]))
        for path, at in said["paths"].items()
        for method, operation in at.items()
    ]


OPERATIONS = operations()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, People]]:
    home = Path(tmp_path_factory.mktemp("roles")) / "home"
    people = settle(home)
    with RunningServer(home, "--login") as server:
        yield server, people


@pytest.mark.parametrize(("method", "path", "role"), OPERATIONS, ids=str)
def test_each_operation_is_there_for_its_role_and_those_above(
    place: tuple[RunningServer, People], method: str, path: str, role: str
) -> None:
    server, people = place
    assert role == needed(method, path)
    url = f"{server.url}/api/v1{re.sub('{(.*?)}', lambda name: VALUES.get(name[1], 'x'), path)}"
    for index, asks in enumerate(ROLES):
        headers = {} if asks == "nobody" else people.headers(asks)
        # a stream has no end
        with httpx.stream(method, url, headers=headers, timeout=30) as answer:
            status = answer.status_code
        may = role == "none" or (role in ROLES and index >= ROLES.index(role))
        if may:
            assert status not in (401, 403), f"{asks}: {status}"
        else:
            assert status == (401 if asks == "nobody" else 403), f"{asks}: {status}"


def test_a_route_that_says_no_role_is_a_fault() -> None:
    router = APIRouter()

    @router.post("/new")
    def new() -> None: ...

    with pytest.raises(LookupError, match="`test_security_roles_new` has no role"):
        check_all([router])


def test_nobody_finds_out_what_there_is(place: tuple[RunningServer, People]) -> None:
    server, people = place
    for path in ("/api/v1/nothing", "/api/v1/runs/hello-1", "/api/v1/openapi.json", "/metrics"):
        assert httpx.get(f"{server.url}{path}").status_code == 401, path
        assert httpx.get(f"{server.url}{path}", headers=people.headers("viewer")).status_code in (200, 404), path
    for path in ("/healthz", "/readyz"):
        assert httpx.get(f"{server.url}{path}").status_code == 200


def test_what_is_refused_says_which_role_it_needs(place: tuple[RunningServer, People]) -> None:
    server, people = place
    answer = httpx.post(f"{server.url}/api/v1/runs/x/kill", headers=people.headers("viewer"))
    assert answer.json()["kind"] == "NotAllowed"
    assert answer.json()["message"] == (
        "POST /api/v1/runs/x/kill needs the role operator, and you are viewer: ask an admin"
    )
    nobody = httpx.post(f"{server.url}/api/v1/runs/x/kill")
    assert nobody.headers["www-authenticate"] == 'Bearer realm="dalsegno"'
    assert nobody.json()["code"] == "not-logged-in"
