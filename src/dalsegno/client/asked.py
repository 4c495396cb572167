"""What Python users ask of a run or a replay: its form is checked before anything is done with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast, get_args

from dalsegno.errors import Refusal, closest, did_you_mean
from dalsegno.replay.request import Effects, Stale

_NAMES = ("steps_to_skip", "skip", "start", "only", "until", "breakpoints", "acknowledge")
_MAPS = ("parameters", "input_overrides", "outputs")
_TEXT_MAPS = ("renamed", "labels")
_TEXTS = ("key", "reason")
_NESTED = ("step_input_overrides", "step_default_input_overrides")
_FLAGS = (
    "skip_successful_steps", "changed", "debug", "verify", "fresh_clock", "carry_overrides", "raise_on_failure", "post_mortem",
)  # fmt: skip
_WORDS: Mapping[str, tuple[str, ...]] = {"effects": get_args(Effects), "stale": get_args(Stale)}
_REVISIONS = ("local", "original", "latest")
#: names for the same in the other door
_OTHERWISE = {
    "skip": "steps_to_skip", "steps_to_skip": "skip", "input_overrides": "parameters", "parameters": "input_overrides",
    "inputs": "parameters", "skip_successful": "skip_successful_steps", "task_inputs": "step_input_overrides",
}  # fmt: skip


def check_asked(given: Mapping[str, Any], known: Iterable[str], what: str, word: str) -> None:
    """Check the names and the forms of what is asked.

    Parameters
    ----------
    what, word : to what it was given, and what a name of it is called there, for messages.

    Raises
    ------
    Refusal : a name is unknown (with the closest names), or a value has not the form that it must have.
    """
    known = list(known)
    for name, value in given.items():
        if name not in known:
            near = (_OTHERWISE[name],) if _OTHERWISE.get(name) in known else closest(name, known)
            listed = did_you_mean(near) or f"; it takes {', '.join(f'`{one}`' for one in known)}"
            raise Refusal(f"{what} has no {word} `{name}`{listed}", code=f"unknown-{word}", closest=near)
        complaint = _complaint(name, value)
        if complaint is not None:
            near = closest(value, _words_of(name)) if isinstance(value, str) else ()
            message = f"{what}: `{name}` must be {complaint}, not {_shown(value)}{did_you_mean(near)}"
            raise Refusal(message, code="bad-argument", closest=near)


def names(given: Any) -> tuple[str, ...]:
    """Give names that are given as a list, or as one text for one name."""
    return (given,) if isinstance(given, str) else tuple(given)


def _words_of(name: str) -> tuple[str, ...]:
    return _REVISIONS if name == "revision" else _WORDS.get(name, ())


def _complaint(name: str, value: Any) -> str | None:
    """Say what a value must be; `None` if it is."""
    for known, fits, told in _FORMS:
        if name in known:
            return None if fits(value) else told
    if name in _WORDS:
        told = " or ".join(f'"{word}"' for word in _WORDS[name])
        return None if value in _WORDS[name] else told
    if name == "revision":
        number = isinstance(value, int) and not isinstance(value, bool)
        return None if number or value in _REVISIONS else '"local", "original", "latest" or a number'
    return None


def _is_names(value: Any) -> bool:
    if isinstance(value, str):
        return True
    if not isinstance(value, Sequence | set | frozenset):
        return False
    return all(isinstance(one, str) for one in cast("Sequence[Any]", value))


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in cast("Mapping[Any, Any]", value))


def _is_text_map(value: Any) -> bool:
    return _is_map(value) and all(isinstance(one, str) for one in value.values())


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_nested(value: Any) -> bool:
    return _is_map(value) and all(_is_map(inner) for inner in value.values())


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


_FORMS: tuple[tuple[tuple[str, ...], Callable[[Any], bool], str], ...] = (
    (_NAMES, _is_names, 'a list of names, such as ["train"]'),
    (_MAPS, _is_map, "a dict with names as keys"),
    (_TEXT_MAPS, _is_text_map, "a dict of texts with names as keys"),
    (_TEXTS, _is_text, "a text"),
    (_NESTED, _is_nested, 'a dict of dicts, such as {"train": {"data": value}}'),
    (_FLAGS, _is_flag, "True or False"),
)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
