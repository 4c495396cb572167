"""Which materializer keeps which type: found by the names of its classes, so that no library is imported to look for it."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar, cast
from weakref import WeakKeyDictionary

from dalsegno.artifacts.materializers.base import Materializer
from dalsegno.errors import Refusal

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "dalsegno.materializers"
_HERE = "dalsegno.artifacts.materializers"

_PANDAS_SCALARS = (
    "pandas.Timestamp", "pandas._libs.tslibs.timestamps.Timestamp", "pandas.Timedelta",
    "pandas._libs.tslibs.timedeltas.Timedelta", "pandas._libs.tslibs.nattype.NaTType", "pandas.NaTType",
    "pandas._libs.missing.NAType", "pandas.api.typing.NAType", "pandas.api.typing.NaTType",
)  # fmt: skip
#: kind -> module and class of a materializer that comes with Dal Segno, and the names of the classes that it keeps
_BUILT_IN: dict[str, tuple[str, tuple[str, ...]]] = {
    "bytes": ("raw:Bytes", ("builtins.bytes",)),
    "bytearray": ("raw:ByteArray", ("builtins.bytearray",)),
    "pickle": ("pickled:Pickled", ()),
    "file": ("files:FileContent", (f"{_HERE}.paths.File",)),
    "folder": ("files:FolderContent", (f"{_HERE}.paths.Folder",)),
    "ZoneInfo": ("standard:Zone", ("zoneinfo.ZoneInfo",)),
    "Fraction": ("standard:Ratio", ("fractions.Fraction",)),
    "numpy.ndarray": ("arrays:Array", ("numpy.ndarray",)),
    "numpy.scalar": ("arrays:Scalar", ("numpy.generic",)),
    "pandas.DataFrame": ("frames:Frame", ("pandas.DataFrame", "pandas.core.frame.DataFrame")),
    "pandas.Series": ("frames:Series", ("pandas.Series", "pandas.core.series.Series")),
    "pandas.Index": ("frames:Index", ("pandas.Index", "pandas.core.indexes.base.Index")),
    "pandas.scalar": ("pandas_scalars:Scalar", _PANDAS_SCALARS),
    "polars.DataFrame": ("polars_frames:Frame", ("polars.dataframe.frame.DataFrame",)),
    "polars.Series": ("polars_frames:Series", ("polars.series.series.Series",)),
    "pyarrow.Table": ("arrow:Table", ("pyarrow.lib.Table",)),
    "pyarrow.RecordBatch": ("arrow:RecordBatch", ("pyarrow.lib.RecordBatch",)),
    "pyarrow.ChunkedArray": ("arrow:ChunkedArray", ("pyarrow.lib.ChunkedArray",)),
    "pyarrow.Array": ("arrow:Array", ("pyarrow.lib.Array",)),
    "PIL.Image": ("images:Picture", ("PIL.Image.Image",)),
    "sklearn": ("estimators:Estimator", ("sklearn.base.BaseEstimator",)),
    "torch.Tensor": ("tensors:Tensor", ("torch.Tensor",)),
    "torch.saved": ("tensors:Saved", ("torch.Tensor", "torch.nn.modules.module.Module")),
}

#: kinds whose loading executes what is in the value; their classes say so too (`unsafe`), but cannot be imported everywhere
_EXECUTES = frozenset({"pickle", "sklearn", "torch.saved"})

M = TypeVar("M", bound=type[Materializer])

_lock = RLock()
_made: dict[type[Materializer], Materializer] = {}
_registered: dict[str, type[Materializer]] = {}
_registered_kinds: dict[str, type[Materializer]] = {}
_found: WeakKeyDictionary[type, tuple[Materializer, ...]] = WeakKeyDictionary()
_points: dict[str, list[EntryPoint]] = {}
_points_read = False


def register_materializer(materializer: M) -> M:
    """Have a materializer keep the types that it names; also to be used as a decorator. The last one registered wins.

    Raises
    ------
    Refusal : it lacks types or a kind, or its kind is that of another one.
    """
    kind = getattr(materializer, "kind", None)
    if not materializer.types or not isinstance(kind, str):
        raise Refusal(
            f"the materializer {materializer.__qualname__} needs `types` and a `kind`", code="bad-materializer"
        )
    other = _registered_kinds.get(kind)
    if kind in _BUILT_IN or "." not in kind or (other and _name_of(other) != _name_of(materializer)):
        taken = "must hold a dot, such as `my_package.Thing`" if "." not in kind else "is that of another one"
        raise Refusal(
            f"the kind `{kind}` of the materializer {materializer.__qualname__} {taken}", code="bad-materializer"
        )
    with _lock:
        _registered_kinds[kind] = materializer
        _registered.update({_type_name(kept): materializer for kept in materializer.types})
        _found.clear()
    return materializer


def materializers_for(cls: type) -> tuple[Materializer, ...]:
    """Give what may keep values of a class, the one of the nearest class first."""
    try:
        return _found[cls]
    except KeyError:
        found = _found[cls] = tuple(made(one) for base in cls.__mro__[:-1] for one in _of(base))
        return found


def _of(base: type) -> list[type[Materializer]]:
    name = _type_name(base)
    _load_points(base)
    found = [_registered[name]] if name in _registered else []
    return [*found, *(_import(place) for place, names in _BUILT_IN.values() if name in names)]


def materializer_of(kind: str, by: str | None) -> Materializer:
    """Give the materializer of a stored value by its kind, or by the name of its class (`module:Class`).

    Raises
    ------
    Refusal : it cannot be imported any more.
    """
    if kind in _BUILT_IN:
        return made(_import(_BUILT_IN[kind][0]))
    found = _registered_kinds.get(kind)
    if found is None and by is not None:
        found = _named(kind, by)
    if found is None:
        raise _no_materializer(kind, "it is not registered in this process; `register_materializer` does that")
    return made(found)


@cache
def safe_kinds() -> frozenset[str]:
    """Name the kinds that come with Dal Segno and are loaded without executing anything that is in the value."""
    return frozenset(kind for kind in _BUILT_IN if kind not in _EXECUTES)


def by(materializer: Materializer) -> str | None:
    """Give the name under which another process finds a materializer; `None` for one that comes with Dal Segno."""
    return None if materializer.kind in _BUILT_IN else _name_of(type(materializer))


def _named(kind: str, by: str) -> type[Materializer] | None:
    module, _, name = by.partition(":")
    if module == "__main__":
        return None
    try:
        found: Any = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise _no_materializer(kind, f"`{name}` of the module `{module}` cannot be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, Materializer)):
        raise _no_materializer(kind, f"`{name}` of the module `{module}` is no materializer")
    return found


def _no_materializer(kind: str, why: str) -> Refusal:
    return Refusal(
        f"a value of the kind `{kind}` cannot be loaded: its materializer is missing; {why}", code="class-missing"
    )


def made(materializer: type[Materializer]) -> Materializer:
    """Give the one object of a materializer's class."""
    with _lock:
        if materializer not in _made:
            _made[materializer] = materializer()
        return _made[materializer]


def _import(place: str) -> type[Materializer]:
    module, _, name = place.partition(":")
    return getattr(import_module(f"{_HERE}.{module}"), name)


def _name_of(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


def _type_name(cls: type | str) -> str:
    return cls.replace(":", ".") if isinstance(cls, str) else f"{cls.__module__}.{cls.__qualname__}"


def _load_points(base: type) -> None:
    """Import the materializers that installed packages declare for the module of a class."""
    if base.__module__ == "__main__" or base.__module__.partition(".")[0] in sys.stdlib_module_names:
        return
    with _lock:
        points = _declared()
        for name in [name for name in points if _declares(name, base)]:
            for point in points[name]:
                _load_point(point)
            del points[name]


def _load_point(point: EntryPoint) -> None:
    try:
        found: Any = point.load()
    except (ImportError, AttributeError) as error:
        package = point.dist.name if point.dist else "a package"
        raise Refusal(
            f"the materializer `{point.value}` that {package} declares cannot be imported: {error}",
            code="bad-materializer",
        ) from error
    for materializer in found if isinstance(found, tuple | list) else (found,):
        register_materializer(cast("type[Materializer]", materializer))


def _declares(name: str, base: type) -> bool:
    module, _, cls = name.partition(":")
    if cls:
        return base.__module__ == module and base.__qualname__ == cls
    return base.__module__ == module or base.__module__.startswith(f"{module}.")


def _declared() -> dict[str, list[EntryPoint]]:
    global _points_read  # noqa: PLW0603 - the packages of a process are looked through once
    if not _points_read:
        _points_read = True
        from importlib.metadata import entry_points  # takes longer to import than most values to encode

        for point in entry_points(group=GROUP):
            _points.setdefault(point.name, []).append(point)
    return _points
