"""The operators. They know numbers, texts, lists and points in time; on anything else they fail instead of guessing."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Hashable, Mapping
from datetime import date
from typing import Any, TypeGuard, cast

from dalsegno.expressions.faults import Fault, describe
from dalsegno.expressions.limits import MAX_INT_BITS, MAX_RANGE, check_int, check_size, too_large
from dalsegno.expressions.values import is_list, to_text

Operator = Callable[[Any, Any], Any]

_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
#: a text with more characters is no number
_LONGEST_NUMBER = 400


def is_number(value: Any) -> TypeGuard[int | float]:
    """Tell whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(sign: str, left: Any, right: Any) -> tuple[Any, Any]:
    """Give two numbers; a text that is a number counts as one, as in Pebble."""
    pair = _number(left), _number(right)
    if pair[0] is None or pair[1] is None:
        raise Fault(f"`{sign}` takes two numbers, not {describe(left)} and {describe(right)}")
    return pair


def _number(value: Any) -> Any:
    if is_number(value):
        return value
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER or not _NUMBER.fullmatch(value):
        return None
    return int(value) if value.lstrip("+-").isdigit() else float(value)


def truth(value: Any, where: str) -> bool:
    """Tell whether a value counts as true: `true`, numbers other than 0, texts that are not empty.

    Raises
    ------
    Fault : it is null, a list or a map, which are neither true nor false.
    """
    if isinstance(value, bool | int | float | str):
        return bool(value)
    hint = "write `x ?? false` or `x is not null`" if value is None else "write `x is not empty`"
    raise Fault(f"{where} takes true or false, not {describe(value)}; {hint}")


def equal(left: Any, right: Any) -> bool:
    """Tell whether two values are equal. True is not 1."""
    return left == right and isinstance(left, bool) is isinstance(right, bool)


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) or isinstance(right, str):
        return join_texts(["null" if part is None else part for part in (left, right)])
    if is_list(left):
        return [*left, *right] if is_list(right) else [*left, right]
    left, right = _numbers("+", left, right)
    return left + right


def _subtract(left: Any, right: Any) -> Any:
    left, right = _numbers("-", left, right)
    return left - right


def _multiply(left: Any, right: Any) -> Any:
    if isinstance(left, str) and _number(left) is None and isinstance(right, int) and not isinstance(right, bool):
        check_size(len(left) * right)
        return left * right
    left, right = _numbers("*", left, right)
    return left * right


def _divide(left: Any, right: Any) -> Any:
    """Divide. Whole numbers give a whole number, cut off towards zero, as in Kestra."""
    left, right = _numbers("/", left, right)
    _not_by_zero(right)
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    return left / right


def _floor(left: Any, right: Any) -> Any:
    left, right = _numbers("//", left, right)
    _not_by_zero(right)
    return left // right


def _remainder(left: Any, right: Any) -> Any:
    """Give what a division leaves, with the sign of the left number, as in Kestra."""
    left, right = _numbers("%", left, right)
    _not_by_zero(right)
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def _power(left: Any, right: Any) -> Any:
    left, right = _numbers("**", left, right)
    if isinstance(left, int) and right * left.bit_length() > 2 * MAX_INT_BITS:
        raise too_large(f"a whole number would have more than {MAX_INT_BITS} bits")
    if left == 0 and right < 0:
        _not_by_zero(0)
    result = left**right
    if isinstance(result, complex):
        raise Fault("a negative number has no such root")
    return result


def _not_by_zero(divisor: Any) -> None:
    if divisor == 0:
        raise Fault("a number is divided by zero")


ARITHMETIC: dict[str, Operator] = {
    "+": _add, "-": _subtract, "*": _multiply, "/": _divide, "//": _floor, "%": _remainder, "**": _power,
}  # fmt: skip


def calculate(sign: str, left: Any, right: Any) -> Any:
    """Apply an arithmetic operator."""
    try:
        result = ARITHMETIC[sign](left, right)
    except OverflowError:
        raise too_large(f"the result of `{sign}` is too large a number") from None
    return check_int(result) if isinstance(result, int) else result


def negate(value: Any) -> Any:
    """Apply the sign `-`."""
    if not is_number(value):
        raise Fault(f"`-` takes a number, not {describe(value)}")
    return -value


def keep(value: Any) -> Any:
    """Apply the sign `+`."""
    if not is_number(value):
        raise Fault(f"`+` takes a number, not {describe(value)}")
    return value


def join_texts(values: list[Any]) -> str:
    """Write values one after the other."""
    texts = [to_text(value) for value in values]
    check_size(sum(map(len, texts)))
    return "".join(texts)


def contains(container: Any, item: Any) -> bool:
    """Tell whether a map has a key, a list an element, a text a part."""
    if container is None:
        return False
    if isinstance(container, str):
        return to_text(item) in container
    if isinstance(container, Mapping):
        return isinstance(item, Hashable) and item in cast("Mapping[Any, Any]", container)
    if is_list(container):
        return any(equal(element, item) for element in container)
    raise Fault(f"nothing can be in {describe(container)}")


def _contains(container: Any, item: Any) -> bool:
    """Tell the same for `contains`, where a list on both sides means all of its elements."""
    if is_list(container) and is_list(item):
        return all(contains(container, one) for one in item)
    return contains(container, item)


def _is_in(item: Any, container: Any) -> bool:
    """Compare as texts with the elements of a list, the keys and the values of a map."""
    if item is None or container is None:
        return False
    wanted = to_text(item)
    if isinstance(container, Mapping):
        entries = cast("Mapping[Any, Any]", container)
        return any(wanted in (to_text(key), to_text(value)) for key, value in entries.items())
    return is_list(container) and any(to_text(element) == wanted for element in container)


def _ordered(sign: str, compare: Operator) -> Operator:
    def check(left: Any, right: Any) -> bool:
        if left is None or right is None:
            return False
        alike = (
            (is_number(left) and is_number(right))
            or (isinstance(left, str) and isinstance(right, str))
            or (isinstance(left, date) and isinstance(right, date))
        )
        if not alike:
            raise Fault(f"`{sign}` cannot compare {describe(left)} with {describe(right)}")
        try:
            return compare(left, right)
        except TypeError:
            raise Fault(f"`{sign}` cannot compare a time that has a zone with one that has none") from None

    return check


COMPARISONS: dict[str, Operator] = {
    "eq": equal,
    "ne": lambda left, right: not equal(left, right),
    "lt": _ordered("<", operator.lt),
    "lteq": _ordered("<=", operator.le),
    "gt": _ordered(">", operator.gt),
    "gteq": _ordered(">=", operator.ge),
    "in": lambda left, right: contains(right, left),
    "notin": lambda left, right: not contains(right, left),
    "contains": _contains,
    "isin": _is_in,
}


def span(start: Any, end: Any, step: Any = 1) -> list[Any]:
    """Count from `start` to `end`, both included, as Kestra's `range` and `..` do; letters can be counted too."""
    if _is_letter(start) and _is_letter(end):
        return [chr(code) for code in span(ord(start), ord(end), step)]
    if not (isinstance(start, int) and isinstance(end, int) and isinstance(step, int)):
        raise Fault("a range goes from one whole number to another, or from one letter to another")
    if step == 0:
        raise Fault("a range cannot have steps of 0")
    numbers = range(start, end + (1 if step > 0 else -1), step)
    if (numbers.stop - numbers.start) // step > MAX_RANGE:
        raise too_large(f"a range would have more than {MAX_RANGE:,} elements")
    return list(numbers)


def _is_letter(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 1
