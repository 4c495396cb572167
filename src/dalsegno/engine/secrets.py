"""The secrets of one run: opened for its expressions, and masked in all that is written about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from dalsegno.model.sealed import MASK, SEALED, SecretText, is_sealed

_Written = TypeVar("_Written")
#: fields of a write that show a value, and are no value themselves
_SHOWN = ("properties", "error")


class Secrets:
    """Opens sealed values, and knows from then on what is to be masked. May be used by several threads.

    Parameters
    ----------
    opener : gives the plain text of a sealed one.
    """

    def __init__(self, opener: Callable[[str], str]) -> None:
        self._opener = opener
        self._known: dict[str, SecretText] = {}
        self._texts: tuple[str, ...] = ()

    def opened(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give values with those in the clear that are sealed."""
        if not any(is_sealed(value) for value in values.values()):
            return values
        return {name: self._open(value) if is_sealed(value) else value for name, value in values.items()}

    def _open(self, sealed: Mapping[str, Any]) -> SecretText:
        token = cast("str", sealed[SEALED])
        known = self._known.get(token)
        if known is None:
            known = self._known[token] = SecretText(self._opener(token), dict(sealed))
            self.hide(known)
        return known

    def hide(self, text: str) -> None:
        """Have a text masked from now on, and each line of it."""
        lines = [line for line in text.splitlines() if len(line) > 3]
        escaped = json.dumps(str(text), ensure_ascii=False)[1:-1]
        found = {*self._texts, *(part for part in (str(text), escaped, *lines) if part.strip())}
        # of two secrets one of which holds the other, the longer one is masked first
        self._texts = tuple(sorted(found, key=lambda part: (-len(part), part)))

    def mask(self, text: str) -> str:
        """Give a text with the secrets in it masked."""
        for secret in self._texts:
            if secret in text:
                text = text.replace(secret, MASK)
        return text

    def masked(self, value: Any) -> Any:
        """Give a value with the secrets masked in all texts in it."""
        if not self._texts:
            return value
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, Mapping):
            return {self.mask(str(name)): self.masked(item) for name, item in cast("Mapping[Any, Any]", value).items()}
        if isinstance(value, list | tuple):
            return [self.masked(item) for item in cast("list[Any]", value)]
        return value

    def masked_write(self, write: _Written) -> _Written:
        """Give what is to be recorded with the secrets masked in what only shows values."""
        if not self._texts or not is_dataclass(write):
            return write
        names = [field.name for field in fields(write) if field.name in _SHOWN]
        changed = {name: self.masked(value) for name in names if (value := getattr(write, name)) is not None}
        held = getattr(write, "task_run", None)
        if is_dataclass(held):
            changed["task_run"] = self.masked_write(held)
        return cast("_Written", replace(cast("Any", write), **changed))


def no_secrets() -> Secrets:
    """Give what opens nothing: for a flow that has no secrets."""

    def refuse(_: str) -> str:
        raise LookupError("there is no key to open a secret with")

    return Secrets(refuse)
