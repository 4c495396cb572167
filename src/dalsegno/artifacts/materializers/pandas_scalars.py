"""Single values of pandas: points in time, spans of time, and what is missing."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dalsegno.artifacts.materializers.base import Declined, Materializer, Source, Target

_MISSING: dict[str, Any] = {"NaT": pd.NaT, "NA": pd.NA}


class Scalar(Materializer):
    """`pandas.Timestamp` and `pandas.Timedelta`, with their resolution, `pandas.NaT` and `pandas.NA`."""

    kind = "pandas.scalar"

    def save(self, value: Any, target: Target) -> None:
        """Keep the number that it is, and its time zone."""
        missing = next((name for name, one in _MISSING.items() if value is one), None)
        if missing is not None:
            target.keep("missing", missing)
        elif type(value) in (pd.Timestamp, pd.Timedelta):
            target.keep("number", value.asm8)
            target.keep("zone", getattr(value, "tz", None))
        else:
            raise Declined

    def load(self, source: Source) -> Any:
        """Make the value again."""
        missing = source.kept("missing")
        if missing is not None:
            return _MISSING[missing]
        number, zone = source.kept("number"), source.kept("zone")
        if number.dtype.kind == "m":
            return pd.Timedelta(number)
        made = pd.Timestamp(number)
        return made if zone is None else made.tz_localize("UTC").tz_convert(zone)
