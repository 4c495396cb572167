"""How the tests of this folder render."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings

from dalsegno.errors import ExpressionFailed
from dalsegno.expressions import Scope, parse

#: machines that are busy with other things are slow now and then
NO_DEADLINE = settings(deadline=None)
NOW = datetime(2024, 5, 31, 10, 20, 30, 123456, tzinfo=UTC)


def scope(variables: Mapping[str, Any] | None = None, **functions: Any) -> Scope:
    return Scope(variables or {}, now=lambda: NOW, functions=functions)


def value(text: str, **variables: Any) -> Any:
    return parse(text).evaluate(scope(variables))


def text(source: str, **variables: Any) -> str:
    return parse(source).render(scope(variables))


def failure(source: str, **variables: Any) -> ExpressionFailed:
    with pytest.raises(ExpressionFailed) as caught:
        parse(source).evaluate(scope(variables))
    assert type(caught.value) is ExpressionFailed
    return caught.value
