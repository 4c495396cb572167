"""What tests of kept values share: a round trip through the row, exact comparison, and arbitrary values."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict, defaultdict, deque
from datetime import UTC, timedelta, timezone
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from tests.support.kept_types import City, Colour, Customer, Frozen, Level, Loose, Order, Plain, Point, Rights

from dalsegno.artifacts.materializers import Encoded, decode, encode
from dalsegno.artifacts.port import ArtifactStore


def kept(value: Any, store: ArtifactStore, *, allow_unsafe: bool = True) -> tuple[Encoded, Any]:
    """Give the stored form of a value, and what is loaded of it once the form has stood in a row."""
    encoded = encode(value, store, allow_unsafe=allow_unsafe)
    row = json.loads(json.dumps(encoded.form, allow_nan=False))
    return encoded, decode(row, store, allow_unsafe=allow_unsafe)


def same(one: Any, other: Any) -> bool:
    """Whether two values have the same types and the same content all the way down; `nan` is `nan`."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return repr(one) == repr(other)
    if isinstance(one, dict):
        return len(one) == len(other) and all(
            same(a, b) and same(one[a], other[b]) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, list | tuple | deque):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, set | frozenset):
        return len(one) == len(other) and sorted(map(repr, one)) == sorted(map(repr, other))
    if isinstance(one, complex):
        return same([one.real, one.imag], [other.real, other.imag])
    if isinstance(one, Order | Plain | Customer | Loose):
        return same(vars(one), vars(other))
    if isinstance(one, Frozen):
        return same([one.name, one.of], [other.name, other.of])
    return repr(one) == repr(other)


_ZONES = st.one_of(
    st.none(),
    st.sampled_from([UTC, ZoneInfo("Europe/Paris"), ZoneInfo("UTC")]),
    st.builds(timezone, st.integers(-1439, 1439).map(lambda minutes: timedelta(minutes=minutes))),
    st.builds(timezone, st.just(timedelta(hours=1)), st.text(max_size=3)),
)
#: what can be a key, or stand in a set
_HASHABLE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(10**3000, 10**3200), st.floats(allow_nan=False), st.text(max_size=8),
    st.binary(max_size=8), st.dates(), st.datetimes(timezones=_ZONES, allow_imaginary=False), st.times(timezones=_ZONES),
    st.timedeltas(), st.decimals(allow_nan=False), st.uuids(), st.complex_numbers(allow_nan=False), st.fractions(),
    st.builds(Path, st.text("ab/.", max_size=6)), st.builds(PurePosixPath, st.text("ab/", max_size=4)),
    st.builds(PureWindowsPath, st.sampled_from(["C:\\a", "b"])), st.sampled_from([*Colour, *Level, *City, *Rights, ...]),
    st.just(Rights.READ | Rights.WRITE), st.builds(range, st.integers(), st.integers()), st.builds(Plain, st.integers()),
)  # fmt: skip
_LEAVES = st.one_of(
    _HASHABLE, st.floats(), st.decimals(), st.binary(max_size=8).map(bytearray), st.complex_numbers(),
    st.builds(slice, st.integers(), st.none(), st.integers()), st.sampled_from(["$type", "$artifact", "dalsegno://x/y"]),
)  # fmt: skip
_KEYS = st.one_of(
    st.text(max_size=4), st.sampled_from(["$type", "$artifact", "data", "digest", "size", "code", "same", "by"])
)


def _nested(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.one_of(_KEYS, _HASHABLE, st.tuples(_HASHABLE))
    return st.one_of(
        st.lists(values, max_size=4), st.lists(values, max_size=3).map(tuple), st.dictionaries(_KEYS, values, max_size=4),
        st.dictionaries(keys, values, max_size=3), st.frozensets(_HASHABLE, max_size=4), st.sets(_HASHABLE, max_size=4),
        st.dictionaries(keys, values, max_size=3).map(OrderedDict), st.lists(values, max_size=3).map(deque),
        st.dictionaries(keys, values, max_size=3).map(lambda items: defaultdict(list, items)),
        st.lists(_HASHABLE, max_size=4).map(Counter), st.builds(Point, values, values), st.builds(Order, values, values),
        st.builds(Frozen, values, values), st.builds(Plain, st.lists(st.integers(), max_size=3)),
        st.builds(Customer, name=st.text(max_size=3), age=st.none() | st.integers(), extra=values),
        st.builds(Customer, name=st.text(max_size=3)), st.builds(Loose, name=st.text(max_size=3), more=values),
    )  # fmt: skip


#: a value of any type that is kept exactly, nested in any other
ANY = st.recursive(_LEAVES, _nested, max_leaves=20)
