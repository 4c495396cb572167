"""How a failed attempt of a step is tried again, and how long one may take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from dalsegno.pipelines.places import invalid

if TYPE_CHECKING:
    from dalsegno.model.flow import Retry as Conduct

_FIELDS = ("max_retries", "delay", "backoff", "max_delay")


@dataclass(frozen=True, slots=True)
class Retry:
    """How a step that failed is tried again. Known as `StepRetryConfig` to those who come from ZenML.

    Parameters
    ----------
    max_retries : how often it is tried again after the first attempt.
    delay : the seconds before the first new attempt.
    backoff : what the delay is multiplied with for each attempt after that.
    max_delay : the longest delay in seconds; 0 is no limit.
    """

    max_retries: int = 1
    delay: float = 0
    backoff: float = 1
    max_delay: float = 0

    def __post_init__(self) -> None:
        if type(self.max_retries) is not int or self.max_retries < 0:
            raise _wrong("max_retries", self.max_retries, "a whole number from 0")
        for name in _FIELDS[1:]:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise _wrong(name, value, "a number from 0, in seconds" if name != "backoff" else "a number from 1")
        if self.backoff < 1:
            raise _wrong("backoff", self.backoff, "a number from 1")

    def conduct(self) -> Conduct | None:
        """Give it as a flow has it."""
        from dalsegno.model.flow import Retry as Conduct

        if not self.max_retries:
            return None
        return Conduct(
            type="constant" if self.backoff == 1 else "exponential",
            interval=float(self.delay),
            max_interval=float(self.max_delay),
            factor=float(self.backoff),
            max_attempts=self.max_retries + 1,
        )


#: the same, by the name that ZenML has for it
StepRetryConfig = Retry


def _wrong(name: str, value: object, allowed: str) -> Exception:
    return invalid(f"`{name}` of a retry must be {allowed}, not {value!r}", code="wrong-option")


def read_retry(value: Any) -> Retry | None:
    """Read the option `retry`: how often, a `Retry`, a map with its fields, or an object that has them."""
    if value is None or isinstance(value, Retry):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Retry(value)
    if isinstance(value, Mapping):
        return _from_map(cast("Mapping[str, Any]", value))
    if hasattr(value, "max_retries"):
        fields = {name: getattr(value, name, None) for name in _FIELDS}
        return Retry(**{name: field for name, field in fields.items() if field is not None})
    message = "how often to try again, such as `retry=3`, or `Retry(max_retries=3, delay=10, backoff=2)`"
    raise invalid(f"`retry` must say {message}; {value!r} does not", code="wrong-option")


def _from_map(value: Mapping[str, Any]) -> Retry:
    for name in value:
        if name not in _FIELDS:
            message = f"`retry` has no `{name}`; it has {', '.join(f'`{one}`' for one in _FIELDS)}"
            raise invalid(message, code="unknown-option", name=str(name), known=_FIELDS)
    return Retry(**value)


def read_timeout(value: Any) -> str | None:
    """Read the option `timeout`: seconds, a `timedelta`, or an ISO 8601 duration; give it as the last."""
    if value is None:
        return None
    if isinstance(value, str):
        from dalsegno.model.durations import parse_duration

        try:
            seconds = parse_duration(value).total_seconds()
        except ValueError as error:
            raise invalid(f"`timeout`: {error}", code="wrong-option") from None
        text = value
    elif isinstance(value, timedelta):
        seconds = value.total_seconds()
        text = _iso(seconds)
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        seconds, text = value, _iso(value)
    else:
        allowed = "seconds, a `timedelta` or an ISO 8601 duration such as `PT10M`"
        raise invalid(f"`timeout` must be {allowed}, not {value!r}", code="wrong-option")
    if seconds <= 0:
        raise invalid(f"`timeout` must be longer than nothing, and {value!r} is not", code="wrong-option")
    return text


def _iso(seconds: float) -> str:
    return f"PT{seconds:.6f}".rstrip("0").rstrip(".") + "S"
