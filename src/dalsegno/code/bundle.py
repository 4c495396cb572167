"""A bundle: the user's code that a function needs, as it was, in a form that can be stored."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from blake3 import blake3

from dalsegno.code.graph import CodeDigest

_VERSION = 1


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """One module of the user's.

    Parameters
    ----------
    digest : BLAKE3 of the text in UTF-8, under which it is stored.
    is_package : whether it is the `__init__` of a package.
    file : where it lay; `None` for a package without `__init__`.
    text : `None` where the bundle was read from JSON and the text is stored apart.
    """

    digest: str
    is_package: bool
    file: str | None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a function needs of the user's own code to run as it was.

    Parameters
    ----------
    entry : the function, as `module:qualname`.
    code : the digest of the function's code, with its parts and what cannot be judged.
    modules : the user's modules, whole, by name.
    inner : whether the function stands inside of what the entry names, as the function of a decorated one does.
    pickled : the digest of the function pickled by value, where it cannot be imported.
    texts : the digests of sources that are no modules, by file name: a script, the cells of a notebook.
    python : the version of Python that pickled the function.
    contents : the bytes of what is not in `modules`, by digest; empty where the bundle was read from JSON.
    """

    entry: str
    code: CodeDigest
    modules: Mapping[str, ModuleSource] = field(default_factory=dict[str, ModuleSource])
    inner: bool = False
    pickled: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    python: str | None = None
    contents: Mapping[str, bytes] = field(default_factory=dict[str, bytes], repr=False)

    @property
    def digest(self) -> str:
        """The digest of the function's code."""
        return self.code.digest

    def files(self) -> Mapping[str, bytes]:
        """Give all that is to be stored beside the JSON, by the BLAKE3 digest of each."""
        texts = {one.digest: _bytes(one.text) for one in self.modules.values() if one.text is not None}
        return {**texts, **self.contents}

    def digests(self) -> frozenset[str]:
        """Give the digests of all that is stored beside the JSON."""
        pickled = [self.pickled] if self.pickled else []
        return frozenset([*(one.digest for one in self.modules.values()), *self.texts.values(), *pickled])

    def to_json(self) -> dict[str, Any]:
        """Give the bundle as JSON, with digests in place of texts."""
        return {
            "version": _VERSION,
            "entry": self.entry,
            "inner": self.inner,
            "code": self.code.to_json(),
            "modules": {
                name: {"digest": one.digest, "is_package": one.is_package, "file": one.file}
                for name, one in self.modules.items()
            },
            "pickled": self.pickled,
            "texts": dict(self.texts),
            "python": self.python,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Bundle:
        """Read a bundle; what is stored beside it is asked for when it is loaded."""
        modules = {name: ModuleSource(**one) for name, one in value["modules"].items()}
        code = CodeDigest.from_json(value["code"])
        return cls(
            value["entry"], code, modules, value["inner"], value["pickled"], dict(value["texts"]), value["python"]
        )


def module_source(text: str, *, is_package: bool, file: str | None) -> ModuleSource:
    """Make the source of a module."""
    return ModuleSource(content_digest(_bytes(text)), is_package, file, text)


def content_digest(data: bytes) -> str:
    """Give the digest under which bytes are stored."""
    return blake3(data).hexdigest()


def python_version() -> str:
    """Give the version of this Python, as far as compiled code depends on it."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
