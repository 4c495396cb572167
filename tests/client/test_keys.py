"""A run that is asked for again with its key is made once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from dalsegno.client.client import Client
from dalsegno.errors import Refusal
from dalsegno.replay.request import ReplayRequest

FLOW = """
id: hello
namespace: company.team
tasks:
  - {id: greet, type: core.debug.Return, value: hello}
"""
OTHER = FLOW.replace("id: hello", "id: other")


def test_a_run_is_made_once_for_a_key(client: Client) -> None:
    client.save_flow(FLOW)
    run = client.start_run("hello", ReplayRequest(), key="2026-11-28")
    assert run.labels == {"system.key": "2026-11-28"}
    client.execute(run.id)
    assert client.start_run("hello", ReplayRequest(labels={"a": "b"}), key="2026-11-28").id == run.id
    assert client.start_run("hello", ReplayRequest(), key="2026-11-29").id != run.id
    assert client.start_run("hello", ReplayRequest()).id != run.id


def test_keys_of_flows_have_nothing_to_do_with_each_other(client: Client) -> None:
    first = client.start_run("a.yaml", ReplayRequest(), text=FLOW, key="k")
    assert client.start_run("b.yaml", ReplayRequest(), text=OTHER, key="k").id != first.id


def test_several_at_once_get_one_run(client: Client) -> None:
    client.save_flow(FLOW)
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(client.start_run, "hello", ReplayRequest(), key="k") for _ in range(16)]
    assert len({each.result().id for each in made}) == 1


@pytest.mark.parametrize("key", ["", "é", "a\nb", "k" * 201])
def test_what_cannot_be_a_key_is_refused(client: Client, key: str) -> None:
    with pytest.raises(Refusal) as caught:
        client.start_run("hello.yaml", ReplayRequest(), text=FLOW, key=key)
    assert caught.value.code == "bad-key"
