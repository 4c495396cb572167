"""What steps and pipelines have in common: an object that was made around a user's function and looks like it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import WRAPPER_ASSIGNMENTS
from typing import Any, Generic, cast

from dalsegno.pipelines.options import Options, chosen
from dalsegno.pipelines.places import invalid
from dalsegno.pipelines.signatures import Signature


class Around(Generic[Options]):
    """An object around a user's function.

    Parameters
    ----------
    function : the function.
    options : what was chosen for it.
    """

    #: what it is, for messages
    kind = ""

    __name__: str
    __qualname__: str
    function: Callable[..., Any]
    options: Options
    signature: Signature
    #: what it is called, and what it is, for messages
    name: str
    what: str

    def _surround(self, function: Any, options: Options) -> None:
        """Take over what a function is known by."""
        if not callable(function) or isinstance(function, type):
            raise invalid(f"`@{self.kind}` stands before a function, and {function!r} is none", code="wrong-function")
        if isinstance(function, Around):
            other = cast("Around[Any]", function).what
            message = f"`@{self.kind}` stands before {other}; leave one of the decorators out"
            raise invalid(message, code="wrong-function")
        self.function = function
        self.options = options
        told = getattr(function, "func", function)  # of a `functools.partial`
        told = told if hasattr(told, "__name__") else type(told)
        for name in WRAPPER_ASSIGNMENTS:
            if hasattr(told, name):
                setattr(self, name, getattr(told, name))
        own = str(getattr(self, "__name__", ""))
        self.name = options.name or ("unnamed" if own == "<lambda>" else own)
        self.what = f"the {self.kind} `{self.name}`"
        self.__wrapped__ = function
        #: by these the code of the function is found
        self.__dalsegno_function__ = function
        self.__dalsegno_options__ = chosen(options)
        self.signature = Signature(function, self.what)
        self.__signature__ = self.signature.python

    @property
    def entrypoint(self) -> Callable[..., Any]:
        """The function itself."""
        return self.function

    @property
    def description(self) -> str | None:
        """The first line of the function's docstring."""
        text = getattr(self.function, "__doc__", None)
        if not isinstance(text, str) or not hasattr(self.function, "__code__"):
            return None
        return next((line.strip() for line in text.splitlines() if line.strip()), None)

    def __repr__(self) -> str:
        module = getattr(self, "__module__", "__main__")
        return f"<{self.kind} `{self.name}{self.signature.text}` of the module `{module}`>"

    def __reduce__(self) -> Any:
        # by name, as functions are; what has none that another process could import goes with its function
        qualname = str(getattr(self, "__qualname__", ""))
        module = str(getattr(self, "__module__", "__main__"))
        found: Any = sys.modules.get(module) if module != "__main__" else None
        for part in qualname.split("."):
            found = getattr(found, part, None)
        if found is self:
            return qualname
        return _blank, (type(self),), {"function": self.function, "options": self.options}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self._surround(state["function"], state["options"])


def _blank(cls: type[Around[Any]]) -> Around[Any]:
    return cls.__new__(cls)
