"""The values that a run gets for its inputs: given, carried over from another run, or the flow's defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, cast

from dalsegno.errors import ExpressionFailed, PlanRefusal, Refusal, RequestRefused, closest, did_you_mean
from dalsegno.flows.defaults import is_expression, read_by, rendered
from dalsegno.flows.limits import broken_limit, listed, text_of_choice
from dalsegno.flows.values import STORED, WrongValueError, read_value
from dalsegno.model.flow import Flow, Input, InputType
from dalsegno.model.sealed import SEALED, is_sealed
from dalsegno.tasks.base import from_json_text
from dalsegno.tasks.core import holds

_NOTHING: Mapping[str, Any] = MappingProxyType({})
#: stands for a value that could not be found; why is among the refusals
_REFUSED: Any = object()


def coerce_inputs(
    flow: Flow,
    given: Mapping[str, Any],
    *,
    carried: Mapping[str, Any] = _NOTHING,
    files: Callable[[Path], str] | None = None,
    now: Callable[[], datetime] | None = None,
    secrets: Sealing | None = None,
) -> dict[str, Any]:
    """Give the values of all inputs of a run, each in its declared type.

    Parameters
    ----------
    given : what a person gave, as text or as Python values; it wins over the others.
    carried : the values of the run that is replayed; they win over the flow's defaults. Names that the flow no longer
        declares are left out.
    files : stores a local file and gives its address. It is called only when nothing else is wrong.
    now : the time, for defaults that are expressions.
    secrets : seals the values of SECRET inputs; such a value is given, and carried, in the clear or sealed.

    Raises
    ------
    RequestRefused : names that the flow does not declare, values of the wrong type, required inputs without a value,
        files that are not there: all of them at once.
    """
    request = _Request(f"the flow `{flow.full_id}`", flow.inputs, can_store=files is not None, now=now, secrets=secrets)
    return _stored(request, request.values(given, carried), files, secrets)


def coerce_answers(
    task: str,
    inputs: Sequence[Input],
    given: Mapping[str, Any],
    *,
    files: Callable[[Path], str] | None = None,
    now: Callable[[], datetime] | None = None,
    secrets: Sealing | None = None,
) -> dict[str, Any]:
    """Give the answers to a pause, each in its declared type.

    Parameters
    ----------
    task : the id of the pause, for messages.
    inputs : what it asks, as `tasks.pause.inputs_of` gives it.
    given, files, now, secrets : as for `coerce_inputs`.

    Raises
    ------
    RequestRefused : as for `coerce_inputs`.
    """
    request = _Request(f"the pause `{task}`", inputs, can_store=files is not None, now=now, secrets=secrets)
    return _stored(request, request.values(given, _NOTHING), files, secrets)


def _stored(
    request: _Request, values: dict[str, Any], files: Callable[[Path], str] | None, secrets: Sealing | None
) -> dict[str, Any]:
    if request.refusals:
        raise RequestRefused(request.refusals)
    return {name: _kept(name, value, request, files, secrets) for name, value in values.items()}


def _kept(
    name: str, value: Any, request: _Request, files: Callable[[Path], str] | None, secrets: Sealing | None
) -> Any:
    """Give a value in the form in which it is kept: a file as its address, a secret sealed."""
    if isinstance(value, Path) and files is not None:
        return files(value)
    if isinstance(value, str) and name in request.secret and secrets is not None:
        return secrets.seal(value)
    return value


class Sealing(Protocol):
    """Seals secrets, and opens them."""

    def seal(self, text: str) -> Mapping[str, Any]:
        """Give a text in the form in which it is kept."""
        ...

    def open(self, sealed: str) -> str:
        """Give the text that was sealed. Raises `Refusal` where that cannot be."""
        ...


class _Request:
    """Works out the values and collects what is wrong with them.

    Parameters
    ----------
    owner : what declares the inputs, for messages.

    Attributes
    ----------
    secret : the names of the inputs whose values are to be sealed.
    """

    def __init__(
        self,
        owner: str,
        inputs: Sequence[Input],
        *,
        can_store: bool,
        now: Callable[[], datetime] | None,
        secrets: Sealing | None,
    ) -> None:
        self._owner = owner
        self._now = now
        self._can_store = can_store
        self._secrets = secrets
        self._declared = {item.id: item for item in inputs}
        self._given: Mapping[str, Any] = _NOTHING
        self._carried: Mapping[str, Any] = _NOTHING
        self._values: dict[str, Any] = {}
        self.secret = frozenset(item.id for item in inputs if item.type is InputType.SECRET)
        self.refusals: list[PlanRefusal] = []

    def values(self, given: Mapping[str, Any], carried: Mapping[str, Any]) -> dict[str, Any]:
        """Give the values in the order in which the flow declares the inputs."""
        self._given, self._carried = given, carried
        for name in given:
            if name not in self._declared:
                self._refuse_unknown(name)
        waiting = list(self._declared.values())
        while waiting:
            names = {item.id for item in waiting}
            ready = [item for item in waiting if not names & self._needs(item)]
            if not ready:
                listed = ", ".join(f"`{item.id}`" for item in waiting)
                message = f"the defaults of the inputs {listed} read each other in a circle: give one of them a value"
                self._refuse("circular-default", message)
                break
            for item in ready:
                self._settle(item)
            waiting = [item for item in waiting if item not in ready]
        return {name: self._values[name] for name in self._declared if name in self._values}

    def _needs(self, item: Input) -> frozenset[str]:
        """Give the inputs whose values must be known before this one's."""
        read: list[Any] = [item.limits.get("expression")]
        needed: set[str] = set()
        if item.depends_on is not None:
            needed.update(name for name in item.depends_on.inputs if name in self._declared)
            read.append(item.depends_on.condition)
        if item.id not in self._given and item.id not in self._carried:
            read.append(item.default)
        return frozenset(needed).union(*(read_by(text, frozenset(self._declared)) for text in read))

    def _settle(self, item: Input) -> None:
        """Find the value of an input, those that it needs being known."""
        if any(name not in self._values for name in self._needs(item)):
            return  # an input that it reads has been refused already
        asked = self._is_asked(item)
        if asked is None:
            return
        if not asked:
            self._values[item.id] = None
            if item.id in self._given:
                self._refuse_unasked(item)
        elif item.id in self._given:
            self._take(item, self._given[item.id])
        elif item.id in self._carried:
            self._take(item, self._carried[item.id], is_carried=True)
        elif item.has_default and is_expression(item.default):
            self._render_default(item)
        elif item.has_default:
            self._take(item, item.default, is_data=not isinstance(item.default, str))
        else:
            self._take_first(item)

    def _is_asked(self, item: Input) -> bool | None:
        """Tell whether the condition holds under which an input is asked for; `None` where that is refused."""
        condition = item.depends_on.condition if item.depends_on is not None else None
        if condition is None:
            return True
        found = self._rendered(condition, f"the condition of the input `{item.id}`")
        return None if found is _REFUSED else holds(found)

    def _take(self, item: Input, value: Any, *, is_carried: bool = False, is_data: bool = False) -> None:
        if item.type is InputType.PYTHON:
            # it was read where it was given
            self._values[item.id] = value
            return
        if value is None:
            if item.required:
                self._refuse_missing(item)
            else:
                self._values[item.id] = None
            return
        choices = self._choices(item)
        if choices is _REFUSED:
            return
        try:
            value = self._opened(item, value)
            read = read_value(item.type, value, is_data=is_carried or is_data, item_type=item.item_type)
            complaint = broken_limit(item, read, choices=choices)
            if complaint is not None:
                raise WrongValueError(complaint, code="wrong-value")
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

    def _opened(self, item: Input, value: Any) -> Any:
        """Give a value in the clear that may be sealed."""
        if not is_sealed(value):
            return value
        if item.type is not InputType.SECRET:
            raise WrongValueError(f"was a secret, and is of type {item.type.value} now", code="was-secret")
        if self._secrets is None:
            raise WrongValueError("is sealed, and there is no key to open it with", code="secret-unreadable")
        try:
            return self._secrets.open(value[SEALED])
        except Refusal as error:
            raise WrongValueError(f"cannot be read: {error.message}", code=error.code) from None

    def _choices(self, item: Input) -> Any:
        """Give the choices that an expression gives; `None` where the flow lists them."""
        expression = item.limits.get("expression")
        if expression is None:
            return None
        found = self._rendered(expression, f"the `expression` of the input `{item.id}`")
        if isinstance(found, str):
            found = from_json_text(found)
        if found is not _REFUSED and not isinstance(found, list | tuple):
            message = f"the `expression` of the input `{item.id}` must give a list of choices, and gives {found!r}"
            self._refuse("wrong-type", message)
            return _REFUSED
        return found if found is _REFUSED else [text_of_choice(each) for each in cast("list[Any]", found)]

    def _take_first(self, item: Input) -> None:
        """Take the first choice where the flow says so; else the input has no value."""
        choices = self._choices(item) if item.limits.get("autoSelectFirst") is True else None
        if choices is _REFUSED:
            return
        first = list(choices or ())[:1]
        value = first if item.type is InputType.MULTISELECT else next(iter(first), None)
        self._take(item, value or None)

    def _render_default(self, item: Input) -> None:
        value = self._rendered(item.default, f"the default of the input `{item.id}`")
        if value is not _REFUSED:
            self._take(item, value, is_data=not isinstance(value, str))

    def _rendered(self, written: Any, what: str) -> Any:
        known = {name: value for name, value in self._values.items() if not isinstance(value, Path)}
        try:
            return rendered(written, known, self._now)
        except ExpressionFailed as error:
            self._refuse(error.code, f"{what} cannot be rendered: {error.message}")
            return _REFUSED

    def _refuse_unasked(self, item: Input) -> None:
        condition = item.depends_on.condition if item.depends_on is not None else None
        message = f"the input `{item.id}` is not asked for: its condition `{condition}` does not hold; leave it out"
        self._refuse("unasked-input", message)

    def _refuse_unknown(self, name: str) -> None:
        near = closest(name, self._declared)
        message = f"{self._owner} declares no input `{name}`{did_you_mean(near)}"
        if not self._declared:
            message += "; it declares none at all"
        self.refusals.append(PlanRefusal("unknown-input", message, closest=near))

    def _refuse_missing(self, item: Input) -> None:
        values = [text_of_choice(value) for value in item.limits.get("values", ())]
        choices = f"; it is {listed(values)}" if values else ""
        message = (
            f"the input `{item.id}` ({item.type.value}) is required: give it a value, as in `-i {item.id}=...`{choices}"
        )
        self._refuse("missing-input", message)

    def _refuse(self, code: str, message: str) -> None:
        self.refusals.append(PlanRefusal(code, message))
