"""Results in their stored form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.clock import CountedIds, SetClock

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.artifacts.port import uri_of
from dalsegno.engine.values import LARGEST_IN_ROW, Values, as_stored
from dalsegno.errors import TaskFailed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> Values:
    artifacts = LocalArtifacts(tmp_path_factory.mktemp("artifacts"))
    return Values(artifacts, clock=SetClock(), ids=CountedIds())


@given(outputs=st.dictionaries(st.text(max_size=5), JSON, max_size=3), repeat=st.sampled_from([1, 20_000]))
def test_results_of_any_size_are_read_back_as_they_were(values: Values, outputs: dict[str, Any], repeat: int) -> None:
    outputs["long"] = "ä" * repeat
    kept = values.keep(outputs, run="run", task_run="task run")

    assert values.read(kept.outputs) == outputs
    assert len(kept.artifacts) == (repeat > LARGEST_IN_ROW // 2)


def test_equal_results_have_equal_digests_whatever_their_ids(values: Values) -> None:
    outputs = {"a": "x" * 20_000, "b": 1}
    first, second = (values.keep(outputs, run=run, task_run=run) for run in ("1", "2"))

    assert first.digest == second.digest
    assert first.artifacts[0].digest == second.artifacts[0].digest
    assert first.artifacts[0].id != second.artifacts[0].id


def test_files_anywhere_in_a_result_are_recorded_as_artifacts(tmp_path: Path) -> None:
    artifacts = LocalArtifacts(tmp_path)
    values = Values(artifacts, clock=SetClock(), ids=CountedIds())
    blob = artifacts.put_bytes(b"content")
    there, gone = uri_of(blob.digest, "a.csv"), uri_of("0" * 64, "b.csv")

    kept = values.keep({"files": {"x": [there, gone, "text"]}}, run="run", task_run="task run", mark=None)

    assert [(item.name, item.kind, item.size, item.output) for item in kept.artifacts] == [
        ("a.csv", "file", 7, "files")
    ]
    assert values.missing(kept.outputs) == ("files",)
    assert values.missing({"files": there}) == ()


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), float("inf"), b"bytes", {("a", "b"): 1}])
def test_what_cannot_be_stored_is_told_with_its_name(values: Values, value: Any) -> None:
    with pytest.raises(TaskFailed, match="output `x` cannot be stored"):
        values.keep({"x": value}, run="run", task_run="task run")
    with pytest.raises(TaskFailed, match="output `x` cannot be stored"):
        as_stored({"x": value})
