"""What can be chosen for a step, for one call of it, and for a pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeVar, cast

from dalsegno.pipelines.foreign import OF_PIPELINE, OF_STEP
from dalsegno.pipelines.places import invalid
from dalsegno.pipelines.retrying import Retry, read_retry, read_timeout

Hook = Callable[..., Any]

ISOLATIONS = ("process", "inherit")
EFFECTS = ("external", "none")


@dataclass(frozen=True, slots=True)
class StepOptions:
    """What was chosen for a step.

    Parameters
    ----------
    name : what its tasks are called in a flow.
    retry, timeout : how it is tried again; how long one attempt may take, as an ISO 8601 duration.
    isolation : `process` for a process of its own, `inherit` for where the run itself is.
    cache : whether the result of an earlier run with the same code and values may be taken; `None` leaves it to the pipeline.
    effects : `external` where running it twice is seen outside.
    on_failure, on_success : what is called when it has failed for good, and when it has succeeded.
    parameters : values for parameters that a call does not give.
    id, after, run_if, key : as at a call.
    """

    name: str | None = None
    retry: Retry | None = None
    timeout: str | None = None
    isolation: str | None = None
    cache: bool | None = None
    effects: str | None = None
    on_failure: Hook | None = None
    on_success: Hook | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    id: str | None = None
    after: Any = None
    run_if: Any = None
    key: Any = None


@dataclass(frozen=True, slots=True)
class PipelineOptions:
    """What was chosen for a pipeline.

    Parameters
    ----------
    name, namespace : what the flow is called, and where it belongs.
    labels : what its runs are labelled with.
    cache, retry : what holds for steps that say nothing themselves.
    timeout : how long a run may take, as an ISO 8601 duration.
    on_failure, on_success : what is called when a run has failed, and when it has succeeded.
    parameters : values for parameters that a call does not give.
    """

    name: str | None = None
    namespace: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    cache: bool | None = None
    retry: Retry | None = None
    timeout: str | None = None
    on_failure: Hook | None = None
    on_success: Hook | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])


Options = TypeVar("Options", StepOptions, PipelineOptions)


def changed(options: Options, given: Mapping[str, Any], what: str) -> Options:
    """Give the options with others in their place.

    Parameters
    ----------
    what : what they belong to, for messages, such as "the step `train`".

    Raises
    ------
    PipelineInvalid : one is unknown, or its value is none of those that it can have.
    """
    known = frozenset(one.name for one in fields(options))
    read: dict[str, Any] = {}
    for given_name, value in given.items():
        name = "cache" if given_name == "enable_cache" else given_name
        if name not in known:
            raise _unknown(given_name, known, what, OF_STEP if isinstance(options, StepOptions) else OF_PIPELINE)
        if name in read:
            raise invalid(f"{what} is given both `cache` and `enable_cache`, which is the same", code="wrong-option")
        read[name] = _READERS[name](name, value) if name in _READERS else value
    return replace(options, **read)


def chosen(options: StepOptions | PipelineOptions) -> dict[str, Any]:
    """Give what is not at its default, by name."""
    made = {one.name: getattr(options, one.name) for one in fields(options)}
    if options.retry is not None:
        made["retry"] = asdict(options.retry)
    return {name: value for name, value in made.items() if value is not None and value != {}}


def _unknown(name: str, known: frozenset[str], what: str, foreign: Mapping[str, str]) -> Exception:
    if name in foreign:
        return invalid(f"{what} cannot take `{name}`: {foreign[name]}", code="foreign-option")
    return invalid(f"{what} has no option `{name}`", code="unknown-option", name=name, known=known | {"enable_cache"})


def _text(name: str, value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or not value):
        raise invalid(f"`{name}` must be a text, not {value!r}", code="wrong-option")
    return value


def _truth(name: str, value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise invalid(f"`{name}` must be `True` or `False`, not {value!r}", code="wrong-option")
    return value


def _one_of(*allowed: str) -> Callable[[str, Any], str | None]:
    def read(name: str, value: Any) -> str | None:
        if value is not None and value not in allowed:
            told = " or ".join(f'"{one}"' for one in allowed)
            raise invalid(
                f"`{name}` must be {told}, not {value!r}", code="wrong-option", name=str(value), known=allowed
            )
        return value

    return read


def _hook(name: str, value: Any) -> Hook | None:
    if value is not None and not callable(value):
        raise invalid(f"`{name}` must be a function, not {value!r}", code="wrong-option")
    return value


def _mapping(name: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in cast("Mapping[Any, Any]", value)):
        raise invalid(f"`{name}` must be a map with texts as keys, not {value!r}", code="wrong-option")
    return dict(cast("Mapping[str, Any]", value))


def _labels(name: str, value: Any) -> dict[str, str]:
    labels = _mapping(name, value)
    for key, label in labels.items():
        if not isinstance(label, str | int | float | bool):
            raise invalid(f"the label `{key}` must be a text, not {label!r}", code="wrong-option")
    return {key: str(label).lower() if isinstance(label, bool) else str(label) for key, label in labels.items()}


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "name": _text,
    "namespace": _text,
    "id": _text,
    "retry": lambda _, value: read_retry(value),
    "timeout": lambda _, value: read_timeout(value),
    "isolation": _one_of(*ISOLATIONS),
    "effects": _one_of(*EFFECTS),
    "cache": _truth,
    "on_failure": _hook,
    "on_success": _hook,
    "parameters": _mapping,
    "labels": _labels,
}
