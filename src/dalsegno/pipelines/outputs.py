"""What calling a step in a pipeline gives: something that stands for a result that is not there yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Never, cast

from dalsegno.errors import PipelineInvalid
from dalsegno.pipelines.annotations import OUTPUT
from dalsegno.pipelines.places import invalid

if TYPE_CHECKING:
    from dalsegno.pipelines.recording import Recorder

#: the code of errors about outputs that stand where nothing would find them
INSIDE = "output-inside"


class Invocation:
    """One call of a step in a pipeline; it can be named in `after=`.

    What a step that returns nothing gives, and what all its outputs share.

    Parameters
    ----------
    recorder : what recorded it.
    id : the id of its task in the flow.
    told : the step, for messages.
    inner : of a mapped step, the id of the task that is run for each item.
    """

    __slots__ = ("id", "inner", "recorder", "told")

    def __init__(self, recorder: Recorder, id: str, told: str, inner: str | None = None) -> None:
        self.recorder = recorder
        self.id = id
        self.told = told
        self.inner = inner

    def __repr__(self) -> str:
        return f"<call `{self.id}` of {self.told}>"

    def __reduce__(self) -> Never:
        raise invalid(
            f"a call of {self.told} cannot be stored; it belongs in `after=`, or its output among the arguments",
            code=INSIDE,
        )


class StepOutput:
    """An output of a step, as long as the pipeline is only written down: it can be passed to steps and nothing else.

    It may stand inside of lists, tuples and dicts that are passed, in `after=` and in `run_if=`, and be returned.
    """

    __slots__ = ("_invocation", "_name")

    def __init__(self, invocation: Invocation, name: str) -> None:
        self._invocation = invocation
        self._name = name

    def __repr__(self) -> str:
        return f"<output `{self._name}` of `{self._invocation.id}`>"

    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> Never:
        if name.startswith("__"):  # Python itself and libraries ask for these to see what something is
            raise AttributeError(name)
        raise _refusal(self, f"has no attribute `{name}` yet", f"use `.{name}` in a step that it is passed to")

    def __reduce__(self) -> Never:
        raise invalid(
            f"{told(self)} stands inside of another object; only lists, tuples and dicts can hold outputs of steps",
            code=INSIDE,
        )


def invocation_of(output: StepOutput) -> Invocation:
    """Give the call that an output comes from."""
    return output._invocation  # noqa: SLF001 - an output has no public names of its own


def name_of(output: StepOutput) -> str:
    """Give the name of an output."""
    return output._name  # noqa: SLF001 - see above


def binding_of(output: StepOutput) -> dict[str, Any]:
    """Give what binds a parameter to an output: of a mapped step, to those of all its items."""
    invocation = invocation_of(output)
    if invocation.inner is not None:
        return {"items": [invocation.inner, name_of(output)]}
    return {"output": [invocation.id, name_of(output)]}


def holds_outputs(value: Any) -> bool:
    """Whether a value is what a call of a step gave, or a list, tuple or dict that holds such."""
    try:
        return _holds(value)
    except RecursionError:  # it holds itself
        return False


def _holds(value: Any) -> bool:
    kind = type(value)
    if kind is StepOutput or kind is Invocation:
        return True
    if kind is list or kind is tuple:
        return any(map(_holds, value))
    if kind is dict:
        return any(map(_holds, cast("dict[Any, Any]", value).values()))
    return False


def told(output: StepOutput) -> str:
    """Name an output for a message."""
    invocation = invocation_of(output)
    whose = invocation.told if invocation.told.endswith(f"`{invocation.id}`") else f"the call `{invocation.id}`"
    return f"the result of {whose}" if name_of(output) == OUTPUT else f"the output `{name_of(output)}` of {whose}"


def _refusal(output: StepOutput, what: str, advice: str) -> PipelineInvalid:
    return invalid(f"{told(output)} {what}: it is known only when the step has run; {advice}", code="output-used")


def _refusing(what: str, advice: str) -> Callable[..., Never]:
    def refuse(self: StepOutput, *_: Any, **__: Any) -> Never:
        raise _refusal(self, what, advice)

    return refuse


_IN_A_STEP = "do that in a step that it is passed to"
_NUMBERS = (
    "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and xor or "
    "radd rsub rmul rmatmul rtruediv rfloordiv rmod rdivmod rpow rlshift rrshift rand rxor ror "
    "iadd isub imul imatmul itruediv ifloordiv imod ipow ilshift irshift iand ixor ior neg pos abs invert round "
    "trunc floor ceil int float complex index"
)
_DECIDE = "decide in a step, or pass it to the steps that depend on it as `run_if=`"
_EACH = (
    "run a step for each of its items with `.map`; where a step has several outputs, its return annotation says so, such as "
    "`tuple[int, str]`"
)
_USES = [
    ("bool", "cannot decide what the pipeline does", _DECIDE),
    ("eq ne lt le gt ge contains", "cannot be compared in the pipeline", _DECIDE),
    (_NUMBERS, "cannot be calculated with in the pipeline", _IN_A_STEP),
    (
        "iter next reversed aiter anext",
        "cannot be gone through in the pipeline",
        _EACH,
    ),
    ("len", "has no length yet", _IN_A_STEP),
    ("getitem setitem delitem", "has no items yet", "take it apart in a step that it is passed to"),
    ("str format bytes", "cannot be made text in the pipeline", _IN_A_STEP),
    ("call", "cannot be called in the pipeline", _IN_A_STEP),
    ("await", "cannot be waited for in the pipeline", "pass it on as it is"),
    ("enter exit aenter aexit", "cannot be used in a `with` of the pipeline", _IN_A_STEP),
]
for _names, _what, _advice in _USES:
    for _name in _names.split():
        setattr(StepOutput, f"__{_name}__", _refusing(_what, _advice))
