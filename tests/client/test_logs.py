"""Log lines, read page by page."""

from __future__ import annotations

import pytest

from dalsegno.client.client import Client
from dalsegno.errors import NotFound
from dalsegno.replay.request import ReplayRequest

FLOW = """
id: talks
namespace: bikes
tasks:
  - {id: first, type: core.log.Log, message: [one, two, three]}
  - {id: second, type: core.log.Log, level: ERROR, message: four}
"""


def test_lines_are_given_with_where_they_belong(client: Client) -> None:
    run = client.execute(client.start_run("talks.yaml", ReplayRequest(), text=FLOW).id)
    lines = client.logs(run.id)
    assert [(each.address, each.attempt, each.line.level, each.line.text) for each in lines] == [
        ("first", 1, "INFO", "one"), ("first", 1, "INFO", "two"), ("first", 1, "INFO", "three"),
        ("second", 1, "ERROR", "four"),
    ]  # fmt: skip
    assert [each.line.text for each in client.logs(run.id, limit=2)] == ["one", "two"]
    assert [each.line.text for each in client.logs(run.id, after=lines[1].position)] == ["three", "four"]
    assert [each.line.text for each in client.logs(run.id, address="second")] == ["four"]
    with pytest.raises(NotFound) as caught:
        client.logs(run.id, address="secnd")
    assert caught.value.closest == ("second",)
