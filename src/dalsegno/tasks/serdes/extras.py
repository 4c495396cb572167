"""The optional libraries of the extra `serdes`: looked for when a task runs, not before."""

from __future__ import annotations

from importlib.util import find_spec

from dalsegno.errors import ExtraMissing

_PACKAGES = {"polars": "polars", "pyarrow": "pyarrow", "fastavro": "fastavro", "amazon": "amazon.ion"}


def require(what: str) -> None:
    """Refuse `what` (a task type's name) if a library of the extra is not installed.

    Raises
    ------
    ExtraMissing : naming what is missing and the command that installs it.
    """
    missing = [shown for module, shown in _PACKAGES.items() if find_spec(module) is None]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        raise ExtraMissing(f"{what} needs {names}, not installed here; install with: pip install 'dalsegno[serdes]'")
