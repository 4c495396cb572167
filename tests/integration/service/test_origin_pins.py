"""A result that is kept whatever has changed goes through the service as a given one does, and is stored no second time."""

from __future__ import annotations

from tests.integration.service.conftest import Home

from dalsegno.replay.request import ORIGIN


def test_an_old_result_is_kept_whatever_has_changed_and_nothing_is_stored_for_it(home: Home) -> None:
    first = home.run(bad="false")
    before = home.store.task_runs.at(first.id, "many")
    blobs = {blob.digest for blob in home.artifacts.blobs()}
    kept = home.replay(first, start=("read",), outputs={"many": ORIGIN})
    after = home.store.task_runs.at(kept.id, "many")
    assert before is not None
    assert after is not None
    assert (after.action.value, after.output_digest) == ("PIN", before.output_digest)
    assert {blob.digest for blob in home.artifacts.blobs()} == blobs
