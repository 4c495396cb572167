"""Says why stored code cannot be loaded, in the user's terms."""

from __future__ import annotations

import sys
from traceback import FrameSummary, TracebackException
from typing import Any

from dalsegno.code.bundle import Bundle
from dalsegno.code.owned import is_users_file
from dalsegno.errors import TaskFailed, closest, did_you_mean

#: packages that are installed under another name than they are imported under
_INSTALLED_AS = {
    "bs4": "beautifulsoup4", "cv2": "opencv-python", "dateutil": "python-dateutil", "dotenv": "python-dotenv",
    "PIL": "pillow", "skimage": "scikit-image", "sklearn": "scikit-learn", "yaml": "pyyaml",
}  # fmt: skip


class NoEntry(Exception):
    """A name that should be in a module or class is not there."""

    def __init__(self, holder: Any, name: str) -> None:
        super().__init__(name)
        self.holder = holder
        self.name = name


def refuse(bundle: Bundle, error: BaseException) -> TaskFailed:
    """Give the failure of loading a bundle."""
    if isinstance(error, NoEntry):
        near = closest(error.name, [name for name, value in vars(error.holder).items() if callable(value)])
        holder = getattr(error.holder, "__name__", "")
        message = f"the stored code of `{bundle.entry}` has no `{error.name}` in `{holder}`{did_you_mean(near)}"
        hint = "a function that a module makes only sometimes cannot be loaded by its name"
        return TaskFailed(message, code="unknown-function", hint=hint, closest=near)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing(bundle, error, error.name)
    message = f"the stored code of `{bundle.entry}` cannot be loaded: {type(error).__qualname__}: {error}"
    place = _place(error)
    where = f"see line {place.lineno} of {place.filename}; " if place is not None else ""
    hint = f"{where}give the environment what the code was written for, or replay with the present code"
    return TaskFailed(message, code="import-failed", hint=hint, details=_details(error, place))


def _missing(bundle: Bundle, error: ModuleNotFoundError, name: str) -> TaskFailed:
    root = name.partition(".")[0]
    details = {"module": name, **_details(error, _place(error))}
    if root in bundle.modules:
        message = f"`{bundle.entry}` needs the module `{name}`, which was not stored with its code"
        hint = (
            "a module is stored if it is imported by its name; one that a name made at run time leads to may be missed"
        )
        return TaskFailed(message, code="unknown-module", hint=hint, details=details)
    package = _INSTALLED_AS.get(root, root)
    message = f"`{bundle.entry}` needs the package `{name}`, which is not installed in {sys.prefix}"
    hint = f"install it (`pip install {package}`), then replay"
    return TaskFailed(message, code="missing-package", hint=hint, details={**details, "package": package})


def _details(error: BaseException, place: FrameSummary | None) -> dict[str, Any]:
    told = TracebackException.from_exception(error)
    told.stack[:] = [one for one in told.stack if _is_users_frame(one)]
    details: dict[str, Any] = {"exception": type(error).__qualname__, "traceback": "".join(told.format())}
    if place is not None:
        details |= {"file": place.filename, "line": place.lineno, "function": place.name}
    return details


def _place(error: BaseException) -> FrameSummary | None:
    if isinstance(error, SyntaxError) and error.filename is not None:
        return FrameSummary(error.filename, error.lineno, "<module>")
    users = [one for one in TracebackException.from_exception(error).stack if _is_users_frame(one)]
    return users[-1] if users else None


def _is_users_frame(one: FrameSummary) -> bool:
    return one.filename != __file__ and not one.filename.startswith(("<frozen", _OURS)) and is_users_file(one.filename)


_OURS = __file__.removesuffix("code/unloadable.py")
