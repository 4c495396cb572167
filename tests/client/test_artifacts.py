"""Stored files and values: their records and their bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from dalsegno.client.client import Client
from dalsegno.errors import NotFound
from dalsegno.replay.request import ReplayRequest

FLOW = """
id: writes
namespace: bikes
tasks:
  - {id: write, type: scripts.shell.Commands, commands: ["seq 3 > numbers.txt"], outputFiles: [numbers.txt]}
  - {id: large, type: core.debug.Return, value: "{% for n in range(0, 6000) %}{{ n }},{% endfor %}"}
"""


def test_a_file_is_found_and_read(client: Client) -> None:
    run = client.execute(client.start_run("writes.yaml", ReplayRequest(), text=FLOW).id)
    outputs = client.outputs(run.id)["tasks"]
    uri = outputs["write"]["outputFiles"]["numbers.txt"]
    found = client.get_artifact(uri)
    assert (found.name, found.size, found.run) == ("numbers.txt", 6, run.id)
    with client.open_artifact(uri) as content:
        assert content.read() == b"1\n2\n3\n"
    assert client.artifacts_of(client.task_run(run.id, "write").id) == [found]
    assert client.get_artifact(found.id) == client.get_artifact(found.digest[:20]) == found
    assert outputs["large"]["value"].startswith("0,1,2,")
    with pytest.raises(NotFound, match="no artifact"):
        client.get_artifact("0123456789abcdef")


def test_values_are_stored_and_read(client: Client, tmp_path: Path) -> None:
    blob = client.values.put_bytes(b"abc" * 10_000)
    assert client.values.exists(blob.digest)
    with client.values.open(blob.digest) as content:
        assert content.read() == b"abc" * 10_000
    file = tmp_path / "some.bin"
    file.write_bytes(b"xyz")
    assert client.values.path(client.values.put_file(file).digest).read_bytes() == b"xyz"
    with client.values.writer() as writer:
        writer.write(b"written")
        written = writer.finish()
    assert client.values.intact(written.digest)
    assert not client.values.exists("0" * 64)
    with pytest.raises(NotFound) as caught:
        client.values.open("0" * 64)
    assert caught.value.code == "artifact-missing"


USED = """
id: used
namespace: bikes
tasks:
  - {id: write, type: scripts.shell.Commands, commands: ["seq 3 > numbers.txt"], outputFiles: [numbers.txt]}
  - {id: read, type: core.debug.Return, value: "{{ read(outputs.write.outputFiles['numbers.txt']) }}"}
"""


def test_what_used_a_file_is_told_replays_included(client: Client) -> None:
    run = client.execute(client.start_run("used.yaml", ReplayRequest(), text=USED).id)
    uri = client.outputs(run.id)["tasks"]["write"]["outputFiles"]["numbers.txt"]
    assert [(use.address, use.run, use.kept) for use in client.artifact_uses(uri)] == [("read", run.id, False)]
    replay = client.execute(client.start_replay(ReplayRequest(origin=run.id, start=("read",))).id)
    assert [(use.address, use.run_name, use.kept) for use in client.artifact_uses(uri)] == [
        ("read", run.name, False), ("write", replay.name, True), ("read", replay.name, False),
    ]  # fmt: skip
