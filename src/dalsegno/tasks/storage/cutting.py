"""How the rows of a file are cut into parts: so many rows or bytes each, so many parts, or by what a row says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ByteSize, Field, field_validator, model_validator

from dalsegno.tasks.base import Text


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Cutting(BaseModel):
    """Where a file is cut.

    Class attributes
    ----------------
    rows_by_default : how many rows a part has where nothing is said; 0 where something has to be.
    """

    rows_by_default: ClassVar[int] = 0

    rows: int | None = Field(default=None, ge=1, description="How many rows a part has.")
    size: Annotated[ByteSize | None, BeforeValidator(_as_text)] = Field(
        default=None,
        alias="bytes",
        description="When a part is full, such as `10MB`: the row with which it reaches that is its last.",
    )
    partitions: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="How many parts there are; the rows go round. Empty ones are left out.",
    )
    regex_pattern: Text | None = Field(
        default=None,
        alias="regexPattern",
        description="A part for each value of the first group of this pattern; rows in which it is not found are left out.",
    )
    separator: Text = Field(default="\n", description="What is written behind each row.")

    @field_validator("size", mode="before")
    @classmethod
    def _binary(cls, value: Any) -> Any:
        """Read `10MB` as Kestra does, with 1,024 to the step."""
        return re.sub(r"([KMGT])B$", r"\1iB", value.strip(), flags=re.IGNORECASE) if isinstance(value, str) else value

    @field_validator("regex_pattern")
    @classmethod
    def _pattern(cls, value: str | None) -> str | None:
        try:
            groups = re.compile(value or "()").groups
        except re.error as error:
            raise ValueError(f"`{value}` is no pattern: {error}") from None
        if not groups:
            raise ValueError(f"`{value}` has no group: put what tells the parts apart in brackets")
        return value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [name for name, value in self._ways().items() if value is not None]
        if len(given) != 1 and (given or not self.rows_by_default):
            told = f"`{'` and `'.join(given)}` are given" if given else "none is given"
            raise ValueError(f"give one of `rows`, `bytes`, `partitions` and `regexPattern`; {told}")
        return self

    def _ways(self) -> dict[str, Any]:
        return {
            "rows": self.rows, "bytes": self.size, "partitions": self.partitions, "regexPattern": self.regex_pattern,
        }  # fmt: skip

    def part_of(self) -> Callable[[bytes], str | None]:
        """Give the function that names the part which a row goes to."""
        if self.regex_pattern is not None:
            pattern = re.compile(self.regex_pattern)
            return lambda row: _group(pattern, row)
        if self.partitions is not None:
            numbers = _round(self.partitions)
            return lambda _: next(numbers)
        rows = self.rows if self.size is not None else self.rows or self.rows_by_default
        return _Full(rows, self.size).part_of


def _group(pattern: re.Pattern[str], row: bytes) -> str | None:
    found = pattern.search(row.decode("utf-8", "replace"))
    return None if found is None else found[1] or ""


def _round(count: int) -> Iterator[str]:
    while True:
        yield from (str(number) for number in range(count))


class _Full:
    """Begins a part where the one before is full."""

    def __init__(self, rows: int | None, size: int | None) -> None:
        self._most_rows = rows
        self._most = size
        self._part = self._rows = self._size = 0

    def part_of(self, row: bytes) -> str:
        """Give the part that a row goes to."""
        full = self._rows >= self._most_rows if self._most_rows is not None else self._size >= (self._most or 1)
        if self._rows and full:
            self._part += 1
            self._rows = self._size = 0
        self._rows += 1
        self._size += len(row)
        return str(self._part)
