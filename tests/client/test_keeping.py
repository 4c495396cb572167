"""Runs are deleted, and what nothing needs any more goes."""

from __future__ import annotations

import pytest

from dalsegno.client.client import Client
from dalsegno.errors import NotFound, Refusal
from dalsegno.replay.request import ReplayRequest

FLOW = """
id: hello
namespace: company.team
tasks:
  - {id: greet, type: core.debug.Return, value: hello}
"""


def _run(client: Client) -> str:
    return client.execute(client.start_run("hello.yaml", ReplayRequest(), text=FLOW).id).id


def test_a_run_is_deleted_once(client: Client) -> None:
    run = _run(client)
    assert client.delete_run("hello-1").deleted is not None
    with pytest.raises(Refusal, match="was deleted"):
        client.delete_run(run)
    with pytest.raises(NotFound):
        client.delete_run("hello-2")


def test_the_plan_of_a_deleted_run_is_gone(client: Client) -> None:
    run = _run(client)
    client.delete_run(run)
    with pytest.raises(NotFound) as caught:
        client.run_plan(run)
    assert caught.value.code == "unknown-plan"


def test_a_purge_tells_first_and_removes_then(client: Client) -> None:
    runs = [_run(client), _run(client)]
    told = client.purge(0.0, dry_run=True)
    assert ([run.id for run in told.runs], told.dry, told.holds) == (list(reversed(runs)), True, None)
    assert client.get_run(runs[0]).deleted is None
    done = client.purge(0.0)
    assert ([run.id for run in done.runs], done.dry, done.spared) == (list(reversed(runs)), False, ())
    assert client.get_run(runs[0]).deleted is not None
    assert client.purge(3600.0).runs == ()
