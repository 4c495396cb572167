"""What a function reaches, piece by piece, each numbered in the order in which it is met."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dalsegno.code.values import Token
from dalsegno.model.digest import SHORT, digest

#: the kind under which digests of code are made
KIND = "code"


@dataclass(frozen=True, slots=True)
class CodeDigest:
    """The digest of all code that a function reaches in the user's own modules.

    Parameters
    ----------
    digest : 64 hex digits; equal for the same code in every process and on every path.
    parts : a short digest of each piece that is reached, by `module:qualname`, the function itself first.
    uncertain : what cannot be judged, as sentences.
    """

    digest: str
    parts: Mapping[str, str] = field(default_factory=dict[str, str])
    uncertain: tuple[str, ...] = ()

    @property
    def reached(self) -> tuple[str, ...]:
        """What is reached, as `module:qualname`, the function itself first."""
        return tuple(self.parts)

    def to_json(self) -> dict[str, Any]:
        """Give the digest with its parts as JSON."""
        return {"digest": self.digest, "parts": dict(self.parts), "uncertain": list(self.uncertain)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CodeDigest:
        """Read a digest with its parts."""
        return cls(value["digest"], dict(value["parts"]), tuple(value["uncertain"]))


@dataclass(slots=True)
class Piece:
    """One piece of code: what it says, and which others it leads to."""

    name: str
    content: list[Token] = field(default_factory=list[Token])
    links: list[Token] = field(default_factory=list[Token])

    @property
    def title(self) -> str:
        """The name as a person writes it."""
        return self.name.replace(":", ".")


class Graph:
    """The pieces that were met, and those that are still to be read."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._numbers: dict[Hashable, int] = {}
        self._waiting: deque[tuple[Piece, Callable[[Piece], None]]] = deque()
        self._kept: list[Any] = []
        self._notes: dict[str, None] = {}
        #: the names of the user's modules that pieces come from
        self.modules: dict[str, None] = {}
        #: the texts of code that stands in no module that can be imported, by the file that it names
        self.texts: dict[str, str] = {}

    def piece(self, key: Hashable, name: str, read: Callable[[Piece], None], *, keep: Any = None) -> Token:
        """Give the token of a piece of code; one that is met for the first time is read later.

        Parameters
        ----------
        keep : what the key names by its address, so that the address stays its own.
        """
        if key not in self._numbers:
            self._numbers[key] = len(self._pieces)
            self._pieces.append(Piece(name))
            self._waiting.append((self._pieces[-1], read))
            self._kept.append(keep)
        return ["piece", self._numbers[key]]

    def note(self, sentence: str) -> None:
        """Note something that cannot be judged."""
        self._notes[sentence] = None

    def read(self, root: Token) -> CodeDigest:
        """Read what waits until nothing does, and give the digest of it all."""
        while self._waiting:
            piece, read = self._waiting.popleft()
            read(piece)
        whole = digest(KIND, [root, [[piece.content, piece.links] for piece in self._pieces]])
        return CodeDigest(whole, self._parts(), tuple(self._notes))

    def _parts(self) -> Mapping[str, str]:
        contents: dict[str, list[Token]] = {}
        for piece in self._pieces:
            contents.setdefault(piece.name, []).append(piece.content)
        return {name: digest(KIND, self._named(content))[:SHORT] for name, content in contents.items()}

    def _named(self, token: Token) -> Token:
        """Name the pieces that a token leads to, whose numbers change when something else does."""
        if not isinstance(token, list):
            return token
        if len(token) == 2 and token[0] == "piece" and isinstance(token[1], int):
            return ["piece", self._pieces[token[1]].name]
        return [self._named(one) for one in token]
