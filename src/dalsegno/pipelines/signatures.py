"""The parameters and outputs of a user's function, and what a call of it gives them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dalsegno.errors import PipelineInvalid, closest
from dalsegno.pipelines.annotations import MISSING, names_around, outputs_of, resolved
from dalsegno.pipelines.converting import Unfit, convert
from dalsegno.pipelines.places import invalid

_Kind = inspect.Parameter
_MANY = {
    _Kind.VAR_POSITIONAL: ("any number of arguments (`*{name}`)", "take them as one list"),
    _Kind.VAR_KEYWORD: ("arguments of any name (`**{name}`)", "take them as one dict"),
    _Kind.POSITIONAL_ONLY: ("`{name}` by its position only", "leave the `/` out"),
}


class Signature:
    """What a function takes and gives.

    Parameters
    ----------
    what : what the function is, for messages, such as "the step `train`".

    Raises
    ------
    PipelineInvalid : it takes arguments that have no name.
    """

    def __init__(self, function: Callable[..., Any], what: str) -> None:
        self.what = what
        try:
            self.python = inspect.signature(function)
        except (TypeError, ValueError):
            message = f"{what} is written in C and tells nothing of its parameters; call it in a function of your own"
            raise invalid(message, code="wrong-signature") from None
        for parameter in self.python.parameters.values():
            if parameter.kind in _MANY:
                told, advice = _MANY[parameter.kind]
                hint = f"{advice}; if a decorator stands around the function, it should use `functools.wraps`"
                message = f"{what} takes {told.format(name=parameter.name)}, and its arguments are kept by name: {hint}"
                raise invalid(message, code="wrong-signature")
        self._function = function
        #: default values by the names of all parameters; `MISSING` where there is none
        self.defaults: Mapping[str, Any] = {
            name: parameter.default for name, parameter in self.python.parameters.items()
        }
        self._positional = [
            name for name, parameter in self.python.parameters.items() if parameter.kind is _Kind.POSITIONAL_OR_KEYWORD
        ]
        self._annotations: dict[str, Any] | None = None
        self._outputs: tuple[tuple[str, ...], bool] | None = None

    @property
    def text(self) -> str:
        """The signature as it is written."""
        shown = {
            name: one.replace(annotation=_as_written(one.annotation)) for name, one in self.python.parameters.items()
        }
        returned = _as_written(self.python.return_annotation)
        return str(self.python.replace(parameters=list(shown.values()), return_annotation=returned))

    @property
    def annotations(self) -> Mapping[str, Any]:
        """The types of the parameters."""
        if self._annotations is None:
            names = names_around(self._function)
            self._annotations = {
                name: resolved(parameter.annotation, names) for name, parameter in self.python.parameters.items()
            }
        return self._annotations

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the outputs."""
        return self._read_outputs()[0]

    @property
    def returns_tuple(self) -> bool:
        """Whether the outputs are returned as a tuple, also where it is one alone."""
        return self._read_outputs()[1]

    def _read_outputs(self) -> tuple[tuple[str, ...], bool]:
        if self._outputs is None:
            annotation = resolved(self.python.return_annotation, names_around(self._function))
            names, _ = found = outputs_of(annotation)
            if len(set(names)) < len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise invalid(f"{self.what} has two outputs called `{twice}`", code="duplicate-output")
            self._outputs = found
        return self._outputs

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any], fixed: Mapping[str, Any]) -> dict[str, Any]:
        """Give the arguments of a call by name, without defaults, in the order of the parameters.

        Parameters
        ----------
        fixed : values for parameters that the call does not give.

        Raises
        ------
        PipelineInvalid : there are too many, one is unknown, given twice, or missing.
        """
        if len(args) > len(self._positional):
            known = ", ".join(f"`{name}`" for name in self._positional) or "none"
            message = f"{self.what} was called with {len(args)} arguments by position; it takes {known}"
            raise invalid(message, code="too-many-arguments")
        given = dict(zip(self._positional, args, strict=False))
        for name, value in kwargs.items():
            if name in given:
                raise invalid(f"{self.what} was given `{name}` twice", code="duplicate-argument")
            given[name] = value
        for name, value in fixed.items():
            given.setdefault(name, value)
        defaults = self.defaults
        ordered = {name: given[name] for name in defaults if name in given}
        if len(ordered) < len(given):
            raise self._unknown(next(name for name in given if name not in ordered))
        if len(ordered) < len(defaults):
            lacking = [name for name, default in defaults.items() if default is MISSING and name not in ordered]
            if lacking:
                raise self._missing(lacking)
        return ordered

    def _unknown(self, name: str) -> PipelineInvalid:
        message = f"{self.what} has no parameter `{name}`"
        if not closest(name, self.defaults):
            message += f"; it takes {', '.join(f'`{known}`' for known in self.defaults) or 'no arguments'}"
        return invalid(message, code="unknown-argument", name=name, known=self.defaults)

    def _missing(self, names: Sequence[str]) -> PipelineInvalid:
        told = ", ".join(f"`{name}`" for name in names)
        return invalid(
            f"{self.what} was called without {told}, which {'has' if len(names) == 1 else 'have'} no default",
            code="missing-argument",
        )

    def convert(self, name: str, value: Any) -> Any:
        """Give the value of a parameter as the type that its annotation names.

        Raises
        ------
        PipelineInvalid : it is of another type.
        """
        try:
            return convert(value, self.annotations[name])
        except Unfit as error:
            raise invalid(f"{self.what}: {error.told(name)}", code="wrong-argument") from None


class _Written:
    """A text that is shown without quotes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _as_written(annotation: Any) -> Any:
    return _Written(annotation) if isinstance(annotation, str) else annotation
