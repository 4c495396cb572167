"""One value at a time: from what a data file holds to what an Avro schema wants. The reference for the fast columns.

The results are the forms that an Avro file holds: dates and times as numbers, text, bytes, `Decimal`; a value of a union
with several kinds of values is a `Branch`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from dalsegno.expressions import javadate
from dalsegno.tasks.serdes.avro_schema import AvroType

TRUE_VALUES = ("t", "true", "enabled", "1", "on", "yes")
FALSE_VALUES = ("f", "false", "disabled", "0", "off", "no", "")
NULL_VALUES = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "1.#IND", "1.#QNAN", "NA", "n/a", "nan", "null",
)  # fmt: skip
DATE_FORMAT = "yyyy-MM-dd[XXX]"
TIME_FORMAT = "HH:mm[:ss][.SSSSSS][XXX]"
DATETIME_FORMAT = "yyyy-MM-dd'T'HH:mm[:ss][.SSSSSS][XXX]"

_INTEGER = re.compile(r"[+-]?[0-9]+\Z")
_FLOAT = re.compile(r"[+-]?(NaN|Infinity|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[fFdD]?)\Z")
_LIMITS = {"int": 1 << 31, "long": 1 << 63}
_EPOCH_DAY = date(1970, 1, 1).toordinal()


class CellError(ValueError):
    """A value that does not fit.

    Parameters
    ----------
    reason : what is wrong, in the words of who found out.
    wanted : the type that was asked for.
    setting, pattern : the property with the date pattern and what it says, where one was used.
    """

    def __init__(self, reason: str, wanted: str, *, setting: str | None = None, pattern: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wanted = wanted
        self.setting = setting
        self.pattern = pattern


@dataclass(frozen=True, slots=True)
class Branch:
    """A value of a union with several kinds of values: which of `value_branches`, and the value."""

    index: int
    value: Any


@dataclass(frozen=True)
class CellOptions:
    """How texts are understood."""

    true_values: tuple[str, ...] = TRUE_VALUES
    false_values: tuple[str, ...] = FALSE_VALUES
    null_values: tuple[str, ...] = NULL_VALUES
    date_format: str = DATE_FORMAT
    time_format: str = TIME_FORMAT
    datetime_format: str = DATETIME_FORMAT
    decimal_separator: str = "."
    infer_all_fields: bool = False
    zone: tzinfo = UTC

    @cached_property
    def trues(self) -> frozenset[str]:
        """The texts that mean true, in lower case."""
        return frozenset(text.lower() for text in self.true_values)

    @cached_property
    def falses(self) -> frozenset[str]:
        """The texts that mean false, in lower case."""
        return frozenset(text.lower() for text in self.false_values)

    @cached_property
    def nulls(self) -> frozenset[str]:
        """The texts that mean null, in lower case."""
        return frozenset(text.lower() for text in self.null_values)


@dataclass(frozen=True)
class CellConverter:
    """Converts values by the options."""

    options: CellOptions

    def convert(self, wanted: AvroType, value: Any) -> Any:
        """Give the value in the form that the type wants.

        Raises
        ------
        CellError : it does not fit.
        """
        if self.options.infer_all_fields and isinstance(value, str):
            value = self._inferred(wanted, value)
        special = _SPECIAL.get(wanted.logical or "") or _SPECIAL.get(wanted.kind)
        if special is None:
            raise CellError(f"a value of type `{wanted.kind}` cannot be made", wanted.shown)
        if value is None and wanted.kind not in ("null", "union"):
            raise CellError("it is null, and the type takes no null", wanted.shown)
        return special(self, wanted, value)

    def _inferred(self, wanted: AvroType, text: str) -> Any:
        """Give null, true or false for a text of the lists where the type takes one, else the text."""
        lower = text.lower()
        if lower in self.options.nulls and wanted.nullable:
            return None
        if any(branch.kind == "boolean" for branch in wanted.value_branches):
            return True if lower in self.options.trues else False if lower in self.options.falses else text
        return text

    def to_null(self, wanted: AvroType, value: Any) -> None:
        if value is not None and not (isinstance(value, str) and value.lower() in self.options.nulls):
            raise CellError("it is none of `nullValues`", wanted.shown)

    def to_boolean(self, wanted: AvroType, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        lower = value.lower() if isinstance(value, str) else str(value) if value in (0, 1) else None
        if lower in self.options.trues:
            return True
        if lower in self.options.falses:
            return False
        raise CellError("it is none of `trueValues` and `falseValues`", wanted.shown)

    def to_integer(self, wanted: AvroType, value: Any) -> int:
        if isinstance(value, str):
            if not _INTEGER.match(value):
                raise CellError(f'For input string: "{value}"', wanted.shown)
            number = int(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            number = value
        else:
            raise CellError(f"a {type(value).__name__} is no whole number", wanted.shown)
        limit = _LIMITS[wanted.kind]
        if not -limit <= number < limit:
            raise CellError(f"{number} is outside the range of `{wanted.kind}`", wanted.shown)
        return number

    def to_float(self, wanted: AvroType, value: Any) -> float:
        if isinstance(value, str):
            text = self._with_point(value).strip()
            if not _FLOAT.match(text):
                raise CellError(f'For input string: "{value}"' if text else "empty String", wanted.shown)
            return float(text.rstrip("fFdD") if "N" not in text and "I" not in text else text)
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return float(value)
        raise CellError(f"a {type(value).__name__} is no number", wanted.shown)

    def _with_point(self, text: str) -> str:
        separator = self.options.decimal_separator
        return text if separator == "." else text.replace(separator, ".", 1)

    def to_decimal(self, wanted: AvroType, value: Any) -> Decimal:
        try:
            number = Decimal(self._with_point(value)) if isinstance(value, str) else Decimal(value)
            with localcontext() as context:
                context.prec = 80
                rounded = number.quantize(Decimal(1).scaleb(-wanted.scale), rounding=ROUND_HALF_EVEN)
        except (InvalidOperation, ValueError, TypeError):
            raise CellError(f'For input string: "{value}"', wanted.shown) from None
        if not rounded.is_finite() or len(rounded.as_tuple().digits) > wanted.precision:
            raise CellError(f"{rounded} is no number of at most {wanted.precision} digits", wanted.shown)
        return rounded

    def to_string(self, wanted: AvroType, value: Any) -> str:
        if isinstance(value, str):
            return str(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, bytes):
            return _decoded(value, wanted)
        if isinstance(value, datetime):
            return value.isoformat().replace("+00:00", "Z")
        return str(value)

    def to_uuid(self, wanted: AvroType, value: Any) -> str:
        try:
            return str(UUID(str(value)))
        except ValueError:
            raise CellError(f"Invalid UUID string: {value}", wanted.shown) from None

    def to_bytes(self, wanted: AvroType, value: Any) -> bytes:
        return value if isinstance(value, bytes) else self.to_string(wanted, value).encode()

    def to_fixed(self, wanted: AvroType, value: Any) -> bytes:
        found = self.to_bytes(wanted, value)
        if len(found) != wanted.size:
            reason = f"Invalid length for fixed size, found {len(found)}, expected {wanted.size}"
            raise CellError(reason, wanted.shown)
        return found

    def to_enum(self, wanted: AvroType, value: Any) -> str:
        text = self.to_string(wanted, value)
        if text not in wanted.symbols:
            reason = f"Invalid enum value, found {text}, expected one of {', '.join(wanted.symbols)}"
            raise CellError(reason, wanted.shown)
        return text

    def _parsed(self, wanted: AvroType, text: str, setting: str, pattern: str) -> javadate.Parsed:
        try:
            return javadate.compile(pattern).parse(text)
        except javadate.DateParseError as error:
            raise CellError(str(error), wanted.shown, setting=setting, pattern=pattern) from None

    def to_date(self, wanted: AvroType, value: Any) -> int:
        pattern = self.options.date_format
        if isinstance(value, str):
            day = self._parsed(wanted, value, "dateFormat", pattern).date
            if day is None:
                raise CellError(_no(value, "date"), wanted.shown, setting="dateFormat", pattern=pattern)
        elif isinstance(value, datetime):
            day = value.date()
        else:
            raise CellError(f"a {type(value).__name__} is no date", wanted.shown)
        return day.toordinal() - _EPOCH_DAY

    def to_time(self, wanted: AvroType, value: Any) -> int:
        pattern = self.options.time_format
        unit = 1_000_000 if wanted.logical == "time-millis" else 1_000
        if isinstance(value, str):
            nanos = self._parsed(wanted, value, "timeFormat", pattern).nanos
            if nanos is None:
                raise CellError(_no(value, "time"), wanted.shown, setting="timeFormat", pattern=pattern)
            return nanos // unit
        if isinstance(value, datetime):
            at: time = value.time()
            return (((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond) * 1_000 // unit
        raise CellError(f"a {type(value).__name__} is no time", wanted.shown)

    def to_timestamp(self, wanted: AvroType, value: Any) -> int:
        logical = wanted.logical or ""
        unit = 1_000_000 if logical.endswith("millis") else 1_000
        if isinstance(value, int) and not isinstance(value, bool):
            found = value
        elif isinstance(value, str) and _INTEGER.match(value) and -_LIMITS["long"] <= int(value) < _LIMITS["long"]:
            found = int(value)
        elif isinstance(value, datetime):
            aware = value if value.tzinfo else value.replace(tzinfo=self.options.zone)
            found = _micros(aware) * 1_000 // unit
        elif isinstance(value, str):
            found = self._instant(wanted, value) // unit
        else:
            raise CellError(f"a {type(value).__name__} is no time", wanted.shown)
        return self._local(found, unit) if logical.startswith("local-") else found

    def _instant(self, wanted: AvroType, text: str) -> int:
        pattern = self.options.datetime_format
        nanos = self._parsed(wanted, text, "datetimeFormat", pattern).epoch_nanos(self.options.zone)
        if nanos is None:
            raise CellError(_no(text, "LocalDateTime"), wanted.shown, setting="datetimeFormat", pattern=pattern)
        return nanos

    def _local(self, instant: int, unit: int) -> int:
        """Give the wall clock of an instant in the zone of the options."""
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant * unit // 1_000)
        offset = at.astimezone(self.options.zone).utcoffset() or timedelta()
        return instant + int(offset.total_seconds()) * 1_000_000_000 // unit

    def to_record(self, wanted: AvroType, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise CellError(f"a {type(value).__name__} is no record", wanted.shown)
        found = cast("Mapping[str, Any]", value)
        return {part.name: self._inside(part.type, pick(found, part), part.name) for part in wanted.fields}

    def to_array(self, wanted: AvroType, value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise CellError(f"a {type(value).__name__} is no list", wanted.shown)
        items = cast("AvroType", wanted.items)
        return [self._inside(items, item, f"[{at}]") for at, item in enumerate(cast("list[Any]", value))]

    def to_map(self, wanted: AvroType, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise CellError(f"a {type(value).__name__} is no map", wanted.shown)
        items = cast("AvroType", wanted.items)
        pairs = cast("Mapping[Any, Any]", value).items()
        return {str(key): self._inside(items, item, f"[{key}]") for key, item in pairs}

    def _inside(self, wanted: AvroType, value: Any, place: str) -> Any:
        try:
            return self.convert(wanted, value)
        except CellError as error:
            reason = f"{place}: {error.reason}"
            raise CellError(reason, error.wanted, setting=error.setting, pattern=error.pattern) from None

    def to_union(self, wanted: AvroType, value: Any) -> Any:
        """Take the first branch that converts."""
        failures: list[CellError] = []
        several = len(wanted.value_branches) > 1
        for branch in wanted.branches:
            try:
                found = self.convert(branch, value)
            except CellError as error:
                failures.append(error)
                continue
            if branch.kind == "null" or not several:
                return found
            return Branch(wanted.value_branches.index(branch), found)
        telling = [failure for failure in failures if failure.wanted != "null"]
        if len(telling) == 1:
            raise telling[0]
        reasons = "; ".join(f"{failure.wanted}: {failure.reason}" for failure in telling)
        raise CellError(f"no branch of the union takes it ({reasons})", wanted.shown)


def pick(row: Mapping[str, Any], part: Any) -> Any:
    """Give a field's value from a row, by its name or else the first of its aliases that has one."""
    value = row.get(part.name)
    if value is not None or not part.aliases:
        return value
    return next((row[alias] for alias in part.aliases if row.get(alias) is not None), None)


def _no(text: str, what: str) -> str:
    return f"Text '{text}' could not be parsed: Unable to obtain {what} from TemporalAccessor"


def _micros(at: datetime) -> int:
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _decoded(value: bytes, wanted: AvroType) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise CellError("its bytes are no UTF-8 text", wanted.shown) from None


_Convert = Callable[[CellConverter, AvroType, Any], Any]
_SPECIAL: dict[str, _Convert] = {
    "decimal": CellConverter.to_decimal,
    "uuid": CellConverter.to_uuid,
    "date": CellConverter.to_date,
    "time-millis": CellConverter.to_time,
    "time-micros": CellConverter.to_time,
    "timestamp-millis": CellConverter.to_timestamp,
    "timestamp-micros": CellConverter.to_timestamp,
    "local-timestamp-millis": CellConverter.to_timestamp,
    "local-timestamp-micros": CellConverter.to_timestamp,
    "null": CellConverter.to_null,
    "boolean": CellConverter.to_boolean,
    "int": CellConverter.to_integer,
    "long": CellConverter.to_integer,
    "float": CellConverter.to_float,
    "double": CellConverter.to_float,
    "bytes": CellConverter.to_bytes,
    "string": CellConverter.to_string,
    "fixed": CellConverter.to_fixed,
    "enum": CellConverter.to_enum,
    "record": CellConverter.to_record,
    "array": CellConverter.to_array,
    "map": CellConverter.to_map,
    "union": CellConverter.to_union,
}
