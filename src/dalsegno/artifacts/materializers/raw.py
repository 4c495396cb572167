"""Bytes as they are."""

from __future__ import annotations

from typing import Any, ClassVar

from dalsegno.artifacts.materializers.base import Declined, Materializer, Source, Target


class Bytes(Materializer):
    """`bytes`."""

    kind = "bytes"
    suffix = ".bin"
    _made: ClassVar[type] = bytes

    def save(self, value: Any, target: Target) -> None:
        """Write the bytes."""
        if type(value) is not self._made:
            raise Declined
        with target.open() as file:
            file.write(value)

    def load(self, source: Source) -> Any:
        """Read the bytes."""
        return self._made(source.read())

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell how many they are."""
        return {"length": len(value)}


class ByteArray(Bytes):
    """`bytearray`."""

    kind = "bytearray"
    _made = bytearray
