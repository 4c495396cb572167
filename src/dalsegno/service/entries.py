"""What a door is given about an entry, in words."""

from __future__ import annotations

from dalsegno.errors import Refusal, closest, did_you_mean
from dalsegno.model.kv import ValueType


def value_type(name: str | None) -> ValueType | None:
    """Give the type of a name, in capitals or not.

    Raises
    ------
    Refusal : there is no such type.
    """
    if name is None:
        return None
    known = [kind.value for kind in ValueType]
    if name.upper() not in known:
        near = closest(name.upper(), known)
        message = f"there is no type `{name}` of values{did_you_mean(near)}; there are {', '.join(known)}"
        raise Refusal(message, code="unknown-value-type", closest=near)
    return ValueType(name.upper())
