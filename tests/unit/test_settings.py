"""Settings from the environment."""

from __future__ import annotations

import pytest

from dalsegno.errors import Refusal
from dalsegno.settings import read_settings


@pytest.mark.parametrize(
    ("given", "allowed"), [(None, True), ("", True), ("true", True), ("1", True), ("False", False), ("0", False)]
)
def test_pickle_is_allowed_unless_it_is_turned_off(given: str | None, allowed: bool) -> None:
    environ = {"DALSEGNO_HOME": "/data"} | ({} if given is None else {"DALSEGNO_ALLOW_PICKLE": given})
    assert read_settings(environ).allow_pickle is allowed


def test_a_switch_that_is_neither_on_nor_off_is_refused() -> None:
    with pytest.raises(Refusal, match="DALSEGNO_ALLOW_PICKLE is `maybe`; it can be `true` or `false`"):
        read_settings({"DALSEGNO_HOME": "/data", "DALSEGNO_ALLOW_PICKLE": "maybe"})
