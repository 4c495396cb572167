"""What a materializer is: it keeps the values of some types as bytes, and makes them again.

class Thing(Materializer):
    types = (my_package.Thing,)          # or by name: ("my_package.things.Thing",)
    kind = "my_package.Thing"

    def save(self, value, target):
        with target.open() as file:
            file.write(value.to_bytes())

    def load(self, source):
        return my_package.Thing.from_bytes(source.read())
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Protocol, runtime_checkable


class Output(Protocol):
    """A file that is written once, from its beginning to its end."""

    def write(self, data: Any, /) -> int:
        """Add bytes, or anything that shows its memory as bytes (an array, a `memoryview`)."""
        ...


@runtime_checkable
class Target(Protocol):
    """Where a materializer puts a value: at most one content, and small things beside it by name."""

    def open(self) -> AbstractContextManager[Output]:
        """Begin the content, as a file to write to. It is stored at the end of the `with` block, if that ends well."""
        ...

    def file(self) -> AbstractContextManager[Path]:
        """Begin the content, as a path for a library that wants to write a file of its own; stored like that of `open`."""
        ...

    def keep(self, name: str, value: Any) -> None:
        """Keep another value beside the content: of any type that can be kept."""
        ...

    def counts_as(self, digest: str) -> None:
        """Give a digest of the content to be compared, where equal values may be written as different bytes (zip files with
        times in them). Without it the digest of the bytes is compared.
        """
        ...


@runtime_checkable
class Source(Protocol):
    """Where a materializer finds what it had put into its `Target`."""

    def read(self) -> bytes:
        """Give the content."""
        ...

    def open(self) -> BinaryIO:
        """Open the content for reading."""
        ...

    def memory(self) -> memoryview:
        """Give the content as memory that may be changed: what is stored stays as it is, and is read when it is looked at."""
        ...

    @property
    def path(self) -> Path | None:
        """A local file that holds nothing but the content, never to be changed; `None` where it is small, and has none."""
        ...

    def folder(self) -> Path:
        """Give an empty folder for what has to lie in files; it is there as long as the process."""
        ...

    def kept(self, name: str) -> Any:
        """Give what was kept beside the content, a fresh object; `None` if nothing was."""
        ...


class Declined(Exception):
    """Raised by `save`: this value of the type cannot be kept exactly in this way. The next best way is taken."""


class Materializer:
    """Keeps values of some types. To be derived from; made without arguments, once a process.

    `types`: the classes, or their names (`"module.Class"`) where they should not be imported for it. Values of classes that
    derive from them are kept by it as well, unless one for a nearer class is there; `load` has to give the same class back.
    `kind`: the name of the format in stored values; it must never mean another format. `unsafe`: whether loading may execute
    code that stands in the content, as pickle does; such values can be refused by a setting. `inline`: whether small content
    stands in the row of the task run rather than in a file. `suffix`: how the name of a file with the content ends.
    """

    types: ClassVar[tuple[type | str, ...]] = ()
    kind: ClassVar[str]
    unsafe: ClassVar[bool] = False
    inline: ClassVar[bool] = True
    suffix: ClassVar[str] = ""

    def save(self, value: Any, target: Target) -> None:
        """Write a value. Raises `Declined` before anything is written where it cannot be kept exactly."""
        raise NotImplementedError

    def load(self, source: Source) -> Any:
        """Make the value again: a fresh object of the same type with the same content."""
        raise NotImplementedError

    def summary(self, value: Any) -> Mapping[str, Any]:
        """Say in a few words of JSON what a value is, such as its shape. Cheap: it is made for each value that is kept."""
        del value
        return {}
