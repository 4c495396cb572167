"""A POST with a key is carried out once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.store.answers_port import BeginAnswer, StoredAnswer
from dalsegno.store.open import open_store
from dalsegno.store.port import RunFilter

FLOW = "id: hello\nnamespace: company.team\ntasks:\n  - {id: greet, type: core.debug.Return, value: hello}\n"
RUN = {"flow": "hello.yaml", "text": FLOW, "queue": False}


def _post(server: RunningServer, path: str, key: str, **more: object) -> httpx.Response:
    return httpx.post(f"{server.url}/api/v1/{path}", headers={"Idempotency-Key": key}, timeout=60, **more)  # type: ignore[arg-type]


def _runs(server: RunningServer) -> int:
    with Client(server.home) as client:
        return len(client.list_runs(RunFilter(limit=0)))


def test_who_sends_it_again_is_given_the_same_answer_also_after_a_restart(server: RunningServer) -> None:
    first = _post(server, "runs", "k-1", json=RUN)
    again = _post(server, "runs", "k-1", json=RUN)
    assert (first.status_code, "idempotency-replayed" in first.headers) == (201, False)
    assert (again.status_code, again.content, again.headers["location"]) == (
        201,
        first.content,
        first.headers["location"],
    )
    assert again.headers["idempotency-replayed"] == "true"
    assert _runs(server) == 1
    server.kill()
    with RunningServer(server.home) as next_one:
        assert _post(next_one, "runs", "k-1", json=RUN).content == first.content
        assert _runs(next_one) == 1


def test_another_request_with_its_key_is_refused(server: RunningServer) -> None:
    _post(server, "runs", "k-1", json=RUN)
    for path, body in [("runs", {**RUN, "queue": True}), ("flows", RUN), ("runs?x=1", RUN)]:
        other = _post(server, path, "k-1", json=body)
        assert (other.status_code, other.json()["code"]) == (422, "key-reused")
    assert _runs(server) == 1


def test_of_many_at_once_one_is_carried_out(server: RunningServer) -> None:
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(_post, server, "runs", "k-1", json=RUN) for _ in range(16)]
        answers = [each.result() for each in sent]
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert _runs(server) == 1


def test_what_was_refused_gives_its_key_back(server: RunningServer) -> None:
    wrong = {**RUN, "text": FLOW.replace("core.debug.Return", "core.debug.Retrun")}
    assert _post(server, "runs", "k-1", json=wrong).status_code == 422
    assert _post(server, "runs", "k-1", json=RUN).status_code == 201


def test_keys_of_different_people_have_nothing_to_do_with_each_other(server: RunningServer) -> None:
    for token in ("one", "two"):
        headers = {"Idempotency-Key": "k-1", "Authorization": f"Bearer {token}"}
        answer = httpx.post(f"{server.url}/api/v1/runs", headers=headers, json=RUN, timeout=60)
        assert "idempotency-replayed" not in answer.headers


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_what_is_no_key_is_refused(server: RunningServer, key: str) -> None:
    answer = _post(server, "runs", key, json=RUN)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-key")


def test_what_a_server_was_doing_when_it_ended_is_told(tmp_path: Path) -> None:
    from dalsegno.server.idempotency import request_digest

    home = tmp_path / "home"
    home.mkdir()
    body = b'{"older_than": 1e9}'
    store = open_store(home / "dalsegno.db", now=lambda: 0.0)
    digest = request_digest("/api/v1/purge", b"", "application/json", body)
    store.commit(None, [BeginAnswer(StoredAnswer("http", "k-1", digest, "gone", 4e9), forget=0.0)])
    store.close()
    with RunningServer(home) as server:
        headers = {"Idempotency-Key": "k-1", "Content-Type": "application/json"}
        answer = httpx.post(f"{server.url}/api/v1/purge", headers=headers, content=body, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (409, "key-in-use")
    assert "look whether it was done" in answer.json()["message"]
