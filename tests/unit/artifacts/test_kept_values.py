"""Values come back with their type and content, whatever they are nested in."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from tests.support.kept_values import ANY, kept, same

from dalsegno.artifacts.port import ArtifactStore

_shared_store = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)


@_shared_store
@given(value=ANY)
def test_any_value_comes_back_with_its_type_and_content(store: ArtifactStore, value: Any) -> None:
    _, loaded = kept(value, store)
    assert same(loaded, value)


@_shared_store
@given(value=ANY)
def test_a_loaded_value_has_the_form_and_the_digest_of_the_one_that_was_kept(store: ArtifactStore, value: Any) -> None:
    encoded, loaded = kept(value, store)
    again, _ = kept(loaded, store)
    assert (again.form, again.digest) == (encoded.form, encoded.digest)
