"""SECRET inputs: sealed where they are kept, masked where they are shown, in the clear for the tasks alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.service.conftest import Home

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.engine.clock import RandomIds
from dalsegno.errors import Refusal, RequestRefused
from dalsegno.model.sealed import SEALED, SecretText
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.resuming import Resumption
from dalsegno.service.sealing import Sealing
from dalsegno.service.service import Service
from dalsegno.service.views import run_as_json

FLOW = """
id: secretive
namespace: company
inputs: [{id: token, type: SECRET}, {id: other, type: STRING, defaults: x}]
tasks:
  - {id: tell, type: core.log.Log, message: "the token is {{ inputs.token }}, {{ inputs.other }}"}
  - {id: length, type: core.debug.Return, value: "{{ inputs.token | length }}"}
  - {id: bad, type: core.execution.Fail, errorMessage: "refused {{ inputs.token }}"}
"""
ASKING = """
id: asking
namespace: company
tasks:
  - {id: ask, type: core.flow.Pause, onResume: [{id: pin, type: SECRET}]}
  - {id: tell, type: core.log.Log, message: "{{ outputs.ask.onResume.pin }}"}
  - {id: length, type: core.debug.Return, value: "{{ outputs.ask.onResume.pin | length }}"}
"""


def holds_anywhere(home: Home, text: str) -> bool:
    home.store.close()
    return any(text.encode() in path.read_bytes() for path in home.folder.rglob("*") if path.is_file())


def test_a_secret_is_nowhere_in_the_clear_and_tasks_have_it(home: Home) -> None:
    run = home.run(FLOW, token="hunter2-and-more")
    outputs = home.runs.outputs(run.id)["tasks"]
    assert outputs["length"] == {"value": 16}
    assert run.error is not None
    assert run.error["message"] == "refused ******"
    assert [line.line.text for line in home.runs.logs(run.id)] == ["the token is ******, x", "refused ******"]
    assert run_as_json(run)["inputs"] == {"token": "******", "other": "x"}
    found = home.store.task_runs.at(run.id, "tell")
    assert found is not None
    assert found.properties["message"] == "the token is ******, x"
    assert not holds_anywhere(home, "hunter2")
    assert (home.folder / "secret.key").stat().st_mode & 0o777 == 0o600


def test_a_secret_carries_over_and_counts_by_its_sealed_form(home: Home) -> None:
    run = home.run(FLOW, token="hunter2")
    replay = home.replay(run, changed=True, skip_successful=False)
    found = {name: home.store.task_runs.at(replay.id, name) for name in ("tell", "length")}
    assert replay.inputs == run.inputs
    assert [item.action.value for item in found.values() if item] == ["REUSE", "REUSE"]
    other = home.replay(run, changed=True, skip_successful=False, inputs={"token": "hunter3"})
    moved = home.store.task_runs.at(other.id, "length")
    assert moved is not None
    assert moved.action.value == "RUN"
    assert not holds_anywhere(home, "hunter")


def test_answers_to_a_pause_may_be_secret(home: Home) -> None:
    run = home.run(ASKING)
    assert run.state is State.PAUSED
    done = home.runs.resume(run.id, Resumption({"pin": "1234-5678"}))
    assert done.state is State.SUCCESS
    outputs = home.runs.outputs(run.id)["tasks"]
    assert outputs["ask"]["onResume"] == {"pin": "******"}
    assert outputs["length"] == {"value": 9}
    assert [line.line.text for line in home.runs.logs(run.id)] == ["******"]
    assert not holds_anywhere(home, "1234-5678")


def test_what_was_sealed_with_another_key_is_refused_with_what_to_do(home: Home) -> None:
    run = home.run(FLOW, token="hunter2")
    (home.folder / "secret.key").unlink()
    service = Service(
        home.store,
        LocalArtifacts(home.folder / "artifacts"),
        clock=home.clock,
        ids=RandomIds(),
        sealing=Sealing(home.folder / "secret.key"),
    )
    with pytest.raises(RequestRefused) as caught:
        service.runs.create_replay(ReplayRequest(origin=run.id))
    [refusal] = caught.value.refusals
    assert refusal.code == "secret-unreadable"
    assert "it was sealed with another key; set DALSEGNO_SECRET_KEY" in refusal.message


def test_an_input_that_was_secret_is_not_carried_into_one_that_is_not(home: Home) -> None:
    run = home.run(FLOW, token="hunter2")
    with pytest.raises(RequestRefused) as caught:
        home.runs.create_replay(ReplayRequest(origin=run.id), text=FLOW.replace("SECRET", "STRING"), file="f.yaml")
    assert [refusal.code for refusal in caught.value.refusals] == ["was-secret"]


def test_the_key_comes_from_the_environment_else_from_a_file_that_others_cannot_read(tmp_path: Path) -> None:
    given = Sealing(tmp_path / "key", {"DALSEGNO_SECRET_KEY": "a long enough key"})
    sealed = given.seal("x")
    assert Sealing(None, {"DALSEGNO_SECRET_KEY": "a long enough key"}).open(sealed[SEALED]) == "x"
    assert not (tmp_path / "key").exists()
    own = Sealing(tmp_path / "key", {})
    assert Sealing(tmp_path / "key", {}).open(own.seal("")[SEALED]) == ""
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(Refusal, match="chmod 600"):
        Sealing(tmp_path / "key", {}).seal("x")
    with pytest.raises(Refusal, match="too short"):
        Sealing(None, {"DALSEGNO_SECRET_KEY": "short"}).seal("x")
    with pytest.raises(Refusal, match="set DALSEGNO_SECRET_KEY"):
        Sealing(None, {}).seal("x")


def test_a_secret_stays_one_when_it_crosses_to_another_process() -> None:
    import pickle

    secret = pickle.loads(pickle.dumps(SecretText("x", {SEALED: "t"})))
    assert (secret, secret.sealed) == ("x", {SEALED: "t"})
