"""What stands before the server: names it answers to, pages of elsewhere, cookies, tries, sizes, and headers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.people import PASSWORD, People, settle
from tests.support.servers import RunningServer

from dalsegno.client.client import Client


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, People]]:
    home = Path(tmp_path_factory.mktemp("guard")) / "home"
    people = settle(home)
    with RunningServer(home, "--login", "--allowed-host", "Flows.Example.com") as server:
        yield server, people


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server without login, on this machine alone."""
    with RunningServer(Path(tmp_path_factory.mktemp("free")) / "home") as server:
        yield server


@pytest.fixture
def api(place: tuple[RunningServer, People]) -> Iterator[httpx.Client]:
    """Nobody, who keeps cookies."""
    server, _ = place
    with httpx.Client(base_url=f"{server.url}/api/v1/", timeout=60) as client:
        yield client


def log_in(api: httpx.Client, name: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
    return api.post("login", json={"name": name, "password": password}, headers=headers)


def origin(api: httpx.Client) -> dict[str, str]:
    return {"Origin": str(api.base_url).removesuffix("/api/v1/")}


# names


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7070", "localhost.evil.example", "10.0.0.7", "[fe80::1]", ""]
)
def test_a_name_that_leads_here_is_not_answered(free: RunningServer, host: str) -> None:
    answer = httpx.get(f"{free.url}/healthz", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:1", "[::1]:7070", "[::1]", "127.8.9.1"])
def test_names_of_this_machine_are(free: RunningServer, host: str) -> None:
    assert httpx.get(f"{free.url}/healthz", headers={"Host": host}).status_code == 200


def test_a_name_that_is_allowed_is_answered_in_any_case(api: httpx.Client) -> None:
    healthz = f"{origin(api)['Origin']}/healthz"
    assert api.get(healthz, headers={"Host": "flows.example.com:443"}).status_code == 200
    assert api.get(healthz, headers={"Host": "example.com"}).status_code == 400


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Forwarded-Host"])
def test_a_proxy_is_refused_where_everybody_would_be_the_user_of_the_machine(
    free: RunningServer, api: httpx.Client, name: str
) -> None:
    answer = httpx.get(f"{free.url}/api/v1/me", headers={name: "for=192.0.2.1"})
    assert (answer.status_code, answer.json()["code"]) == (400, "forwarded")
    assert api.get("me", headers={name: "192.0.2.1"}).status_code == 401


# pages of elsewhere


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_page_of_elsewhere_changes_nothing_without_login_too(free: RunningServer, headers: dict[str, str]) -> None:
    answer = httpx.post(f"{free.url}/api/v1/purge", json={"older_than": 0}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")


@pytest.mark.parametrize("site", ["same-origin", "none", None])
def test_its_own_pages_and_programs_do(free: RunningServer, site: str | None) -> None:
    headers = {} if site is None else {"Sec-Fetch-Site": site}
    answer = httpx.post(f"{free.url}/api/v1/purge", json={"older_than": 0, "dry_run": True}, headers=headers)
    assert answer.status_code == 200


def test_a_session_says_which_page_it_is_of(api: httpx.Client) -> None:
    log_in(api, "operator")
    assert api.get("me").json() == {"name": "operator", "role": "operator", "door": "session"}
    for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = api.post("tokens", json={"name": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross-site"), headers
    for headers in (origin(api), {"Sec-Fetch-Site": "same-origin"}):
        assert api.post("tokens", json={"name": "x"}, headers=headers).status_code == 201, headers


def test_a_login_from_a_page_of_elsewhere_is_refused(api: httpx.Client) -> None:
    assert log_in(api, "viewer", **{"Sec-Fetch-Site": "cross-site"}).json()["code"] == "cross-site"
    assert not api.cookies


# sessions


def test_the_cookie_is_for_this_server_and_no_script(api: httpx.Client) -> None:
    answer = log_in(api, "viewer")
    said = answer.headers["set-cookie"]
    parts = {part.strip().partition("=")[0].lower(): part.strip().partition("=")[2] for part in said.split(";")}
    assert {"httponly", "samesite", "path", "max-age"} <= parts.keys()
    assert (parts["samesite"], parts["path"]) == ("strict", "/")
    assert "secure" not in parts
    assert set(answer.json()) == {"name", "role", "expires"}
    api.cookies.clear()
    elsewhere = log_in(api, "viewer", Host="flows.example.com")
    assert "; secure" in elsewhere.headers["set-cookie"].lower()


def test_a_session_ends_with_the_logout_and_with_another_password(api: httpx.Client, place: Any) -> None:
    server, _ = place
    log_in(api, "editor")
    kept = dict(api.cookies)
    assert api.post("logout", headers=origin(api)).status_code == 204
    assert not api.cookies
    assert httpx.get(f"{server.url}/api/v1/me", cookies=kept).status_code == 401
    log_in(api, "editor")
    with Client(server.home) as client:
        client.users.set_password("editor", "another password")
    assert api.get("me").status_code == 401
    assert log_in(api, "editor").status_code == 401
    assert log_in(api, "editor", "another password").status_code == 200


def test_a_user_changes_his_own_password_with_the_present_one(api: httpx.Client, place: Any) -> None:
    _, people = place
    mine = people.headers("viewer")
    refused = api.put("users/viewer/password", json={"password": "0123456789"}, headers=mine)
    assert refused.json()["code"] == "wrong-password"
    other = api.put("users/editor/password", json={"password": "0123456789", "old": PASSWORD}, headers=mine)
    assert other.status_code == 403
    short = api.put("users/viewer/password", json={"password": "short", "old": PASSWORD}, headers=mine)
    assert short.json()["code"] == "bad-password"
    for old, new in ((PASSWORD, "0123456789"), ("0123456789", PASSWORD)):
        assert api.put("users/viewer/password", json={"password": new, "old": old}, headers=mine).status_code == 200


# tries


def test_logins_that_fail_are_told_alike_and_then_have_to_wait(tmp_path: Path) -> None:
    settle(tmp_path / "home")
    with RunningServer(tmp_path / "home", "--login") as server, httpx.Client(base_url=f"{server.url}/api/v1/") as api:
        answers = {name: log_in(api, name, "a wrong password") for name in ("admin", "nobody.here")}
        told = [(answer.status_code, answer.json()) for answer in answers.values()]
        assert told[0] == told[1]
        assert told[0][1]["message"] == "name or password is wrong"
        statuses = [log_in(api, "admin", "a wrong password").status_code for _ in range(6)]
        assert statuses == [401, 401, 401, 401, 429, 429]
        waits = log_in(api, "admin")
        assert (waits.status_code, waits.headers["retry-after"]) == (429, "1")
        assert waits.json()["wait"] == 1
        # others log in all the while
        assert log_in(api, "viewer").status_code == 200


# sizes


def pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // 100_000):
        yield b" " * 100_000


@pytest.mark.parametrize("told", [True, False], ids=["told", "in pieces"])
@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k-1"}], ids=["", "keyed"])
def test_a_body_is_at_most_so_large(free: RunningServer, told: bool, key: dict[str, str]) -> None:
    content = b" " * 10_000_001 if told else pieces(11_000_000)
    headers = {"Content-Type": "application/json", **key}
    answer = httpx.post(f"{free.url}/api/v1/flows", content=content, headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert "at most 10,000,000 bytes" in answer.json()["message"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_files_may_be_larger(free: RunningServer) -> None:
    url = f"{free.url}/api/v1/namespaces/company.team/files/large.bin"
    assert httpx.put(url, content=pieces(12_000_000), timeout=60).json()["size"] == 12_000_000


# headers


def test_every_answer_says_what_a_page_may_do(api: httpx.Client, place: Any) -> None:
    server, people = place
    admin = people.headers("admin")
    viewer = people.headers("viewer")
    answers = [
        api.get("me"), api.get("me", headers=admin), api.get("nothing", headers=admin), api.post("me", headers=admin),
        api.post("runs", json={}, headers=admin), api.get(f"{server.url}/healthz"), api.get(f"{server.url}/"),
        api.get(f"{server.url}/metrics", headers=admin), api.get("me", headers={"Host": "x"}),
        api.post("runs/x/kill", headers=viewer), api.post("runs", content=b"{", headers=admin), log_in(api, "nobody.here"),
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {200, 400, 401, 403, 404, 405, 422}
    for answer in answers:
        policy = answer.headers["content-security-policy"].split("; ")
        assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
        assert "unsafe" not in next(part for part in policy if part.startswith("script-src"))
        assert answer.headers["x-content-type-options"] == "nosniff"
        # the page itself holds nothing of anybody: a browser may keep it, and asks whether it is current
        page = answer.request.url.path == "/"
        assert answer.headers["cache-control"] in ({"no-cache", "no-store"} if page else {"no-store"})
        assert "server" not in answer.headers


# paths


@pytest.mark.parametrize(
    "path",
    [
        "..%2f..%2fsecret.key",
        "a/..%2f..%2f..%2fsecret.key",
        "%2e%2e/%2e%2e/secret.key",
        "a%00b",
    ],
)
def test_no_path_leads_out_of_a_namespace(free: RunningServer, path: str) -> None:
    base = f"{free.url}/api/v1/namespaces/company.team/files"
    with httpx.Client() as client:
        for method in ("GET", "PUT", "DELETE"):
            request = client.build_request(method, base, content=b"x" if method == "PUT" else None)
            request.url = request.url.copy_with(raw_path=f"/api/v1/namespaces/company.team/files/{path}".encode())
            answer = client.send(request)
            assert answer.status_code in (404, 405, 422), (method, answer.status_code, answer.text)
    assert not list(free.home.parent.glob("secret.key"))


def test_a_path_from_the_root_lies_in_the_namespace(free: RunningServer) -> None:
    base = f"{free.url}/api/v1/namespaces/company.team/files"
    assert httpx.put(f"{base}/%2fetc%2fpasswd", content=b"x").json()["path"] == "etc/passwd"
    assert httpx.get(f"{base}/%2fetc%2fpasswd").content == b"x"


@pytest.mark.parametrize("name", ["../../secret.key", "dalsegno://../../secret.key", "/etc/passwd", "%2e%2e"])
def test_no_name_of_an_artifact_is_a_path(free: RunningServer, name: str) -> None:
    for what in ("artifact", "artifact/preview", "artifact/content"):
        answer = httpx.get(f"{free.url}/api/v1/{what}", params={"name": name})
        assert answer.status_code in (404, 422), answer.text
    assert httpx.get(f"{free.url}/api/v1/blobs/..%2f..%2fsecret.key").status_code in (404, 422)


# where it listens


def refused(home: Path, *options: str) -> str:
    command = [str(Path(sys.executable).with_name("dalsegno")), "server", "--port", "0", *options]
    environ = {**os.environ, "DALSEGNO_HOME": str(home)}
    ended = subprocess.run(command, check=False, env=environ, capture_output=True, text=True)
    assert ended.returncode == 2, ended.stderr
    return " ".join(ended.stderr.split())


@pytest.mark.parametrize(
    "options", [("--host", "0.0.0.0"), ("--host", "::"), ("--login",), ("--allowed-host", "x.example")]
)
def test_who_can_be_reached_has_an_admin(tmp_path: Path, options: tuple[str, ...]) -> None:
    with Client(tmp_path) as client:
        client.users.add("ann", "editor", PASSWORD)
    said = refused(tmp_path, *options)
    assert "needs an admin, and there is none: `dalsegno user add NAME --role admin` adds one" in said


def test_a_server_without_login_takes_who_shows_a_token_for_who_that_is(free: RunningServer) -> None:
    with Client(free.home) as client:
        client.users.add("ann", "viewer", PASSWORD)
        secret = client.tokens.create("x", user="ann").secret
    shown = {"Authorization": f"Bearer {secret}"}
    assert httpx.get(f"{free.url}/api/v1/me", headers=shown).json()["role"] == "viewer"
    assert httpx.post(f"{free.url}/api/v1/purge", headers=shown).status_code == 403
    wrong = httpx.get(f"{free.url}/api/v1/me", headers={"Authorization": "Bearer dst_wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "bad-token")
    assert httpx.get(f"{free.url}/api/v1/me", cookies={"dalsegno_session": "old"}).json()["door"] == "local"


def test_a_stream_ends_when_whoever_follows_is_not_let_in_any_more(place: tuple[RunningServer, People]) -> None:
    server, people = place
    admin = people.headers("admin")
    text = "id: quick\nnamespace: company.team\ntasks:\n  - {id: only, type: core.debug.Return}\n"
    httpx.post(f"{server.url}/api/v1/flows", json={"text": text}, headers=admin).raise_for_status()
    over = threading.Event()

    def make_runs() -> None:
        while not over.is_set():
            httpx.post(f"{server.url}/api/v1/runs", json={"flow": "quick"}, headers=admin).raise_for_status()

    made = httpx.post(f"{server.url}/api/v1/tokens", json={"name": "short", "user": "viewer"}, headers=admin).json()
    shown = {"Authorization": f"Bearer {made['secret']}"}
    with (
        ThreadPoolExecutor(1) as pool,
        httpx.stream("GET", f"{server.url}/api/v1/events", headers=shown, timeout=60) as stream,
    ):
        making = pool.submit(make_runs)
        try:
            lines = stream.iter_lines()
            assert any("QUEUED" in line for line in lines)
            revoked = httpx.delete(f"{server.url}/api/v1/tokens/{made['id']}", headers=admin)
            revoked.raise_for_status()
            # it goes on for as long as runs are made, unless somebody ends it
            for _ in lines:
                pass
        finally:
            over.set()
        making.result()
    assert httpx.get(f"{server.url}/api/v1/me", headers=shown).status_code == 401
