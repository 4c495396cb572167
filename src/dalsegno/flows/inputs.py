"""The values that a run gets for its inputs: given, carried over from another run, or the flow's defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dalsegno.errors import ExpressionFailed, PlanRefusal, RequestRefused, closest, did_you_mean
from dalsegno.flows.defaults import is_expression, read_by, rendered
from dalsegno.flows.values import STORED, WrongValueError, read_value
from dalsegno.model.flow import Flow, Input

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def coerce_inputs(
    flow: Flow,
    given: Mapping[str, Any],
    *,
    carried: Mapping[str, Any] = _NOTHING,
    files: Callable[[Path], str] | None = None,
    now: Callable[[], datetime] | None = None,
) -> dict[str, Any]:
    """Give the values of all inputs of a run, each in its declared type.

    Parameters
    ----------
    given : what a person gave, as text or as Python values; it wins over the others.
    carried : the values of the run that is replayed; they win over the flow's defaults. Names that the flow no longer
        declares are left out.
    files : stores a local file and gives its address. It is called only when nothing else is wrong.
    now : the time, for defaults that are expressions.

    Raises
    ------
    RequestRefused : names that the flow does not declare, values of the wrong type, required inputs without a value,
        files that are not there: all of them at once.
    """
    request = _Request(f"the flow `{flow.full_id}`", flow.inputs, can_store=files is not None, now=now)
    return _stored(request, request.values(given, carried), files)


def coerce_answers(
    task: str,
    inputs: Sequence[Input],
    given: Mapping[str, Any],
    *,
    files: Callable[[Path], str] | None = None,
    now: Callable[[], datetime] | None = None,
) -> dict[str, Any]:
    """Give the answers to a pause, each in its declared type.

    Parameters
    ----------
    task : the id of the pause, for messages.
    inputs : what it asks, as `tasks.pause.inputs_of` gives it.
    given, files, now : as for `coerce_inputs`.

    Raises
    ------
    RequestRefused : as for `coerce_inputs`.
    """
    request = _Request(f"the pause `{task}`", inputs, can_store=files is not None, now=now)
    return _stored(request, request.values(given, _NOTHING), files)


def _stored(request: _Request, values: dict[str, Any], files: Callable[[Path], str] | None) -> dict[str, Any]:
    if request.refusals:
        raise RequestRefused(request.refusals)
    return {
        name: files(value) if isinstance(value, Path) and files is not None else value for name, value in values.items()
    }


class _Request:
    """Works out the values and collects what is wrong with them.

    Parameters
    ----------
    owner : what declares the inputs, for messages.
    """

    def __init__(
        self, owner: str, inputs: Sequence[Input], *, can_store: bool, now: Callable[[], datetime] | None
    ) -> None:
        self._owner = owner
        self._now = now
        self._can_store = can_store
        self._declared = {item.id: item for item in inputs}
        self._values: dict[str, Any] = {}
        self.refusals: list[PlanRefusal] = []

    def values(self, given: Mapping[str, Any], carried: Mapping[str, Any]) -> dict[str, Any]:
        """Give the values in the order in which the flow declares the inputs."""
        for name in given:
            if name not in self._declared:
                self._refuse_unknown(name)
        expressions: list[Input] = []
        for item in self._declared.values():
            if item.id in given:
                self._take(item, given[item.id])
            elif item.id in carried:
                self._take(item, carried[item.id], is_carried=True)
            elif item.has_default and is_expression(item.default):
                expressions.append(item)
            else:
                self._take_default(item)
        self._render(expressions)
        return {name: self._values[name] for name in self._declared if name in self._values}

    def _take(self, item: Input, value: Any, *, is_carried: bool = False, is_data: bool = False) -> None:
        if value is None and not item.required:
            self._values[item.id] = None
            return
        if value is None:
            self._refuse_missing(item)
            return
        try:
            read = read_value(item.type, value, is_data=is_carried or is_data)
        except WrongValueError as wrong:
            whose = " (its value comes from the origin; give it anew)" if is_carried else ""
            self._refuse(wrong.code, f"the input `{item.id}` {wrong}{whose}")
            return
        if isinstance(read, Path) and not self._can_store:
            message = (
                f"the input `{item.id}` must be the `{STORED}` address of a file: local files cannot be stored here"
            )
            self._refuse("wrong-type", message)
            return
        self._values[item.id] = read

    def _take_default(self, item: Input) -> None:
        if item.has_default:
            self._take(item, item.default, is_data=not isinstance(item.default, str))
        elif item.required:
            self._refuse_missing(item)
        else:
            self._values[item.id] = None

    def _render(self, waiting: list[Input]) -> None:
        """Render the defaults that are expressions, each after those that it reads."""
        while waiting:
            names = {item.id for item in waiting}
            ready = [item for item in waiting if not names & self._read_by(item)]
            if not ready:
                listed = ", ".join(f"`{item.id}`" for item in waiting)
                message = f"the defaults of the inputs {listed} read each other in a circle: give one of them a value"
                self._refuse("circular-default", message)
                return
            for item in ready:
                self._render_one(item)
            waiting = [item for item in waiting if item not in ready]

    def _render_one(self, item: Input) -> None:
        if any(name not in self._values for name in self._read_by(item)):
            return  # an input that it reads has been refused already
        known = {name: value for name, value in self._values.items() if not isinstance(value, Path)}
        try:
            value = rendered(item.default, known, self._now)
        except ExpressionFailed as error:
            self._refuse(error.code, f"the default of the input `{item.id}` cannot be rendered: {error.message}")
            return
        self._take(item, value, is_data=not isinstance(value, str))

    def _read_by(self, item: Input) -> frozenset[str]:
        return read_by(item.default, frozenset(self._declared))

    def _refuse_unknown(self, name: str) -> None:
        near = closest(name, self._declared)
        message = f"{self._owner} declares no input `{name}`{did_you_mean(near)}"
        if not self._declared:
            message += "; it declares none at all"
        self.refusals.append(PlanRefusal("unknown-input", message, closest=near))

    def _refuse_missing(self, item: Input) -> None:
        message = f"the input `{item.id}` ({item.type.value}) is required: give it a value, as in `-i {item.id}=...`"
        self._refuse("missing-input", message)

    def _refuse(self, code: str, message: str) -> None:
        self.refusals.append(PlanRefusal(code, message))
