"""A failed run, explained in one text."""

from __future__ import annotations

import pytest

from dalsegno.client.client import Client
from dalsegno.errors import NotFound
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest

FLOW = """
id: rides
namespace: bikes
inputs:
  - {id: month, type: STRING, defaults: "202608"}
  - {id: key, type: SECRET, required: false}
tasks:
  - {id: load, type: core.debug.Return, value: "{{ inputs.month }}"}
  - {id: side, type: core.flow.Sequential, tasks: [
     {id: say, type: core.log.Log, message: "the key is {{ inputs.key }}"},
     {id: check, type: core.execution.Fail, condition: "{{ outputs.load.value == 'bad' }}", errorMessage: it is bad}]}
"""


def test_a_failed_run_is_told_with_what_is_new_about_it(client: Client) -> None:
    well = client.execute(client.start_run("rides.yaml", ReplayRequest(), text=FLOW).id)
    assert well.state is State.SUCCESS
    text = FLOW.replace("errorMessage: it is bad", "errorMessage: it is very bad")
    asked = ReplayRequest(inputs={"month": "bad", "key": "hunter2hunter2"})
    failed = client.execute(client.start_run("rides.yaml", asked, text=text).id)

    told = client.explain(failed.name)

    assert told.startswith(f"# {failed.name}: FAILED\n- flow: bikes.rides, revision 2\n")
    assert "## `check` failed (core.execution.Fail, attempt 1)\n\nit is very bad" in told
    assert "`side` failed" not in told
    assert '"errorMessage": "it is very bad"' in told
    assert f"{well.name} went well before it, on revision 1." in told
    assert "+     {id: check, type: core.execution.Fail" in told
    assert text.strip().splitlines()[-1] in told
    assert "hunter2" not in told


def test_what_never_went_well_is_told_as_that(client: Client) -> None:
    asked = ReplayRequest(inputs={"month": "bad"})
    client.execute(client.start_run("rides.yaml", asked, text=FLOW).id)
    assert "No run of this flow had gone well before." in client.explain("last-failed")


def test_only_what_is_there_can_be_explained(client: Client) -> None:
    with pytest.raises(NotFound, match="there is no run `rides-9`"):
        client.explain("rides-9")
