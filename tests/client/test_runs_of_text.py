"""The Client runs the text of a flow, on either transport."""

from __future__ import annotations

from dalsegno.client.client import Client
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest

FLOW = """
id: hello
namespace: company.team
tasks:
  - {id: greet, type: core.debug.Return, value: hello}
"""


def test_a_text_runs(client: Client) -> None:
    created = client.start_run("hello.yaml", ReplayRequest(), text=FLOW)
    ended = client.execute(created.id)
    assert ended.state is State.SUCCESS
    assert {each.address: each.outputs for each in client.task_runs(ended.id)} == {"greet": {"value": "hello"}}
