"""What a list is asked for in words: states and labels, refused with the closest where they are none."""

from __future__ import annotations

from collections.abc import Iterable

from dalsegno.errors import Refusal, closest, did_you_mean
from dalsegno.model.state import State


def states_of(texts: Iterable[str]) -> tuple[State, ...]:
    """Read states, in any case of letters."""
    return tuple(_state(text) for text in texts)


def _state(text: str) -> State:
    try:
        return State(text.upper())
    except ValueError:
        near = closest(text, [state.value for state in State])
        hint = did_you_mean(near) or f"; there are {', '.join(f'`{state.value}`' for state in State)}"
        raise Refusal(f"there is no state `{text}`{hint}", code="unknown-state", closest=near) from None


def labels_of(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Read labels, each as `name:value`."""
    pairs = [text.partition(":") for text in texts]
    for name, colon, _ in pairs:
        if not (name and colon):
            raise Refusal(f"`{name}` is no label: write `name:value`", code="bad-label")
    return tuple((name, value) for name, _, value in pairs)
