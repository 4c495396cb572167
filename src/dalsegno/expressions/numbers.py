"""The filters on numbers, and Java's names for what a value is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dalsegno.errors import closest, did_you_mean
from dalsegno.expressions.faults import Fault, describe
from dalsegno.expressions.limits import check_int
from dalsegno.expressions.operators import is_number
from dalsegno.expressions.registry import FILTERS
from dalsegno.expressions.values import is_list, to_text

#: a text with more characters is no number
_LONGEST_NUMBER = 400
_TYPES = ("INT", "LONG", "FLOAT", "DOUBLE", "BIGDECIMAL", "BIGINTEGER")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_FLOAT_DIGITS = 7


class Float(float):
    """A number that Java would keep in a `Float`."""

    java = "java.lang.Float"


class BigDecimal(float):
    """A number that Java would keep in a `BigDecimal`."""

    java = "java.math.BigDecimal"


class WholeBigDecimal(int):
    """The same without a fraction, and without a loss."""

    java = "java.math.BigDecimal"


class BigInteger(int):
    """A number that Java would keep in a `BigInteger`."""

    java = "java.math.BigInteger"


class Long(int):
    """A number that Java would keep in a `Long`, though it is small."""

    java = "java.lang.Long"


@FILTERS.add("abs")
def absolute(value: Any) -> Any:
    if value is None:
        return None
    if not is_number(value):
        raise Fault(f"it takes a number, not {describe(value)}")
    return abs(value)


@FILTERS.add("number")
def number(value: Any, type: str = "") -> Any:
    """Read a number from a text; without a type the text decides."""
    if value is None:
        return None
    text, kind = to_text(value).strip(), to_text(type).upper()
    if kind and kind not in _TYPES:
        near = closest(kind, _TYPES)
        raise Fault(
            f"a number is {', '.join(_TYPES[:-1])} or {_TYPES[-1]}, not {type}{did_you_mean(near)}", closest=near
        )
    if len(text) > _LONGEST_NUMBER:
        raise Fault("the text is too long for a number")
    try:
        return _read(text, kind)
    except ValueError:
        raise Fault(f"`{text}` is not a number") from None


def _read(text: str, kind: str) -> Any:
    if _WHOLE.fullmatch(text) and kind in ("", "INT", "LONG", "BIGINTEGER", "BIGDECIMAL"):
        whole = check_int(int(text))
        kinds = {"LONG": Long, "BIGINTEGER": BigInteger, "BIGDECIMAL": WholeBigDecimal}
        if kind in ("", "INT") and whole.bit_length() > 63:
            return BigInteger(whole)
        return kinds[kind](whole) if kind in kinds else whole
    if kind in ("INT", "LONG", "BIGINTEGER"):
        raise ValueError
    if kind == "BIGDECIMAL":
        return BigDecimal(text)
    short = kind == "" and len(text.replace(".", "").lstrip("+-0")) <= _FLOAT_DIGITS
    return Float(text) if kind == "FLOAT" or short else float(text)


@FILTERS.add("numberFormat", "numberformat")
def number_format(value: Any, format: str | None = None) -> str | None:
    """Write a number by a pattern of Java's `DecimalFormat`; `.` and `,` in it are those of English."""
    if value is None:
        return None
    if not is_number(value):
        raise Fault(f"it takes a number, not {describe(value)}")
    from babel.numbers import format_decimal

    pattern = "#,##0.###" if format is None else to_text(format)
    exact = Decimal(value) if isinstance(value, int) else Decimal(repr(float(value)))
    try:
        text = format_decimal(exact, pattern, locale="en_US")
    except ValueError:
        raise Fault(f"the number pattern `{pattern}` cannot be read; one is `#,##0.00`") from None
    integer, _, fraction = pattern.partition(".")
    # Java writes no 0 before the point where the pattern has none and digits follow in any case
    return text.replace("0.", ".", 1) if "0" in fraction and "0" not in integer and abs(exact) < 1 else text


@FILTERS.add("className")
def class_name(value: Any) -> str | None:
    """Give the name of the class that Java would have for the value."""
    if value is None:
        return None
    known = getattr(type(value), "java", None)
    if known is not None:
        return known
    if isinstance(value, bool):
        return "java.lang.Boolean"
    if isinstance(value, int):
        bits = value.bit_length()
        return "java.lang.Integer" if bits < 32 else "java.lang.Long" if bits < 64 else "java.math.BigInteger"
    if isinstance(value, float):
        return "java.lang.Double"
    if isinstance(value, datetime):
        return "java.time.ZonedDateTime"
    if isinstance(value, date):
        return "java.time.LocalDate"
    if isinstance(value, Mapping):
        return "java.util.LinkedHashMap"
    return "java.util.ArrayList" if is_list(value) else "java.lang.String"
