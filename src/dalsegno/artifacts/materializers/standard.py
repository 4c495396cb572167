"""Types of the standard library that are rare enough not to be imported for each value."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from dalsegno.artifacts.materializers.base import Declined, Materializer, Source, Target


class Zone(Materializer):
    """`zoneinfo.ZoneInfo`, by its name."""

    kind = "ZoneInfo"

    def save(self, value: Any, target: Target) -> None:
        """Keep the name."""
        name: str | None = value.key
        if type(value) is not ZoneInfo or name is None:
            raise Declined
        target.keep("name", name)

    def load(self, source: Source) -> Any:
        """Look the zone up."""
        return ZoneInfo(source.kept("name"))


class Ratio(Materializer):
    """`fractions.Fraction`."""

    kind = "Fraction"

    def save(self, value: Any, target: Target) -> None:
        """Keep its two numbers."""
        if type(value) is not Fraction:
            raise Declined
        target.keep("numbers", [value.numerator, value.denominator])

    def load(self, source: Source) -> Any:
        """Make the fraction again."""
        return Fraction(*source.kept("numbers"))
