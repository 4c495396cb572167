"""What is wrong with a request, all of it, each with its place and with what it could have been."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params, request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dalsegno.errors import Fault, RequestInvalid, closest, did_you_mean

_Found = Mapping[str, Any]
_LONGEST = 60
#: what a value must be, by the kind of pydantic's complaint
_FORMS: Mapping[str, str] = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number that is not so large",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "mapping_type": "an object",
    "list_type": "a list",
    "tuple_type": "a list",
}
_LIMITS: Mapping[str, tuple[str, str]] = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
    "string_too_short": ("at least as many characters long as", "min_length"),
    "string_too_long": ("at most as many characters long as", "max_length"),
    "too_short": ("at least as many entries long as", "min_length"),
    "too_long": ("at most as many entries long as", "max_length"),
}


async def refuse_unknown_query(request: Request) -> None:
    """Refuse parameters in the address that its route has not, each with the closest that it has, and what no store takes."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or not (request.query_params or request.path_params):
        return
    # what a model of the whole query has says nothing of where it stands
    known = [
        field.alias
        for field in get_flat_params(route.dependant)
        if getattr(field.field_info, "in_", _query()) is _query()
    ]
    faults = [_unknown(f"query.{name}", name, known, "parameter") for name in dict.fromkeys(request.query_params)
              if name not in known]  # fmt: skip
    given = {f"path.{name}": value for name, value in request.path_params.items()}
    given |= {f"query.{name}": value for name, value in request.query_params.items() if name in known}
    faults += [
        Fault(place, "wrong-value", "has a sign in it that no text can have: NUL")
        for place, value in given.items()
        if "\0" in value
    ]
    if faults:
        raise RequestInvalid(_once([*faults, *_of_address(route, request)]))


def _of_address(route: APIRoute, request: Request) -> list[Fault]:
    """Give what is wrong with the parameters that are known, so that all is told at once."""
    _, wrong = request_params_to_args(route.dependant.query_params, request.query_params)
    return [_fault(each, None, None, json=True) for each in wrong]


def _query() -> Any:
    from fastapi.params import ParamTypes

    return ParamTypes.query


def request_invalid(error: RequestValidationError, request: Request) -> RequestInvalid:
    """Give what FastAPI found wrong with a request as a refusal that lists it."""
    route = request.scope.get("route")
    field = route.body_field if isinstance(route, APIRoute) else None
    body = None if field is None else field.field_info.annotation
    json = "json" in request.headers.get("content-type", "")
    return RequestInvalid(_once(_fault(each, body, error.body, json=json) for each in error.errors()))


def _once(faults: Iterable[Fault]) -> list[Fault]:
    """Give the first of what is said of each place: of a choice, pydantic complains about every branch."""
    found: dict[str, Fault] = {}
    for fault in faults:
        known = found.get(fault.place)
        if known is None:
            found[fault.place] = fault
        elif fault.message not in known.message and known.code == fault.code == "wrong-type":
            either = f"{known.message.partition(', not ')[0]} or {fault.message.removeprefix('must be ')}"
            found[fault.place] = Fault(fault.place, fault.code, either, known.closest or fault.closest)
    return list(found.values())


def _fault(found: _Found, body: Any, given: Any, *, json: bool) -> Fault:
    kind, location = str(found["type"]), tuple(found["loc"])
    if kind == "json_invalid":
        return _not_json(location, str(found.get("ctx", {}).get("error", "")), given)
    if location == ("body",) and not json and kind in {"model_attributes_type", "missing"}:
        what = "there is no body" if given is None or kind == "missing" else "the body was not sent as JSON"
        return Fault("body", "not-json", f"{what}: send JSON, with the header `Content-Type: application/json`")
    if kind == "extra_forbidden":
        known = _names_at(body, location[1:-1])
        return _unknown(_place(location), str(location[-1]), known, "field")
    location = _without_branches(body, location) if location[:1] == ("body",) else location
    return _of_value(kind, _place(location), found)


def _of_value(kind: str, place: str, found: _Found) -> Fault:
    context: Mapping[str, Any] = found.get("ctx", {})
    if kind == "missing":
        return Fault(place, "missing", "is missing")
    if kind in {"literal_error", "enum"}:
        expected = str(context.get("expected", ""))
        words = [word.strip("' ") for part in expected.split(" or ") for word in part.split(",")]
        near = closest(str(found.get("input")), words)
        message = f"must be {expected.replace(chr(39), chr(96))}, not {_shown(found)}{did_you_mean(near)}"
        return Fault(place, "wrong-type", message, near)
    if kind in _FORMS:
        return Fault(place, "wrong-type", f"must be {_FORMS[kind]}, not {_shown(found)}")
    if kind in _LIMITS:
        word, name = _LIMITS[kind]
        return Fault(place, "out-of-range", f"must be {word} {context.get(name)}, not {_shown(found)}")
    if kind == "value_error":
        return Fault(place, "wrong-value", str(context.get("error", found.get("msg"))))
    message = str(found.get("msg"))
    return Fault(place, "wrong-value", f"{message[:1].lower()}{message[1:]}, not {_shown(found)}")


def _not_json(location: Sequence[Any], why: str, given: Any) -> Fault:
    text = given if isinstance(given, str) else ""
    at = location[1] if len(location) > 1 and isinstance(location[1], int) else 0
    line, column = text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1
    said = f"{why[:1].lower()}{why[1:]}" if why else "it cannot be read"
    return Fault("body", "not-json", f"is not JSON: {said}, at line {line}, column {column}", (), line, column)


def _unknown(place: str, name: str, known: Sequence[str], what: str) -> Fault:
    near = closest(name, known)
    listed = ", ".join(f"`{each}`" for each in known)
    told = did_you_mean(near) or (f"; there are {listed}" if known else "; there are none here")
    return Fault(place, f"unknown-{what}", f"there is no such {what}{told}", near)


def _shown(found: _Found) -> str:
    text = repr(found.get("input"))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _place(location: Iterable[Any]) -> str:
    place = ""
    for part in location:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    return place


def _names_at(body: Any, path: Sequence[Any]) -> list[str]:
    """Name the fields of what stands at a path of a body."""
    model = _walk(body, path, lambda _part: None)
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _without_branches(body: Any, location: Sequence[Any]) -> tuple[Any, ...]:
    """Leave out of a place the names that pydantic gives the branches of a choice."""
    kept: list[Any] = []
    _walk(body, location[1:], kept.append)
    return ("body", *kept)


def _walk(annotation: Any, path: Sequence[Any], seen: Callable[[Any], None]) -> type[BaseModel] | None:
    """Follow a path through models, lists and maps, and give the model where it ends."""
    for part in path:
        found = _inside(annotation, part)
        if found is not None:
            seen(part)
            annotation = found
    return _model(annotation)


def _inside(annotation: Any, part: Any) -> Any:
    """Give what stands below a name or a number; `None` where that is the name of a branch."""
    model = _model(annotation)
    if model is not None:
        fields: dict[str, FieldInfo] = {field.alias or name: field for name, field in model.model_fields.items()}
        return fields[part].annotation if part in fields else None
    for choice in _choices(annotation):
        origin, inner = get_origin(choice), get_args(choice)
        if isinstance(part, int) and origin in {list, tuple}:
            return inner[0]
        if isinstance(part, str) and origin is dict:
            return inner[1]
    return None


def _model(annotation: Any) -> type[BaseModel] | None:
    return next((each for each in _choices(annotation) if isinstance(each, type) and issubclass(each, BaseModel)), None)


def _choices(annotation: Any) -> tuple[Any, ...]:
    origin = get_origin(annotation)
    return (annotation,) if origin in {None, list, dict, tuple} else get_args(annotation)
