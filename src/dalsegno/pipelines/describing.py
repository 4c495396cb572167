"""What `log_metadata` is about: the step that runs, or something that it makes. What else it can mean in ZenML is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dalsegno.errors import Refusal, closest, did_you_mean

_BEFORE = "a step tells of itself and of what it makes, while it runs"
#: ZenML's names for what is told of something else, with what to do here
_ELSEWHERE = {
    "step_id": f"{_BEFORE}; leave it out in the step itself",
    "step_name": f"{_BEFORE}; leave it out in the step itself",
    "run_id_name_or_prefix": f"{_BEFORE}; for a run, give it labels: `@pipeline(labels=...)`",
    "artifact_version_id": f"{_BEFORE}; name an output of this step with `artifact_name`",
    "artifact_version": "artifacts have no versions of their own; leave it out",
    "model_name": "there are no models beside runs; tell it of the output that holds the model, with `artifact_name`",
    "model_version": "there are no models beside runs; tell it of the output that holds the model, with `artifact_name`",
    "infer_model": "there are no models beside runs; tell it of the output that holds the model, with `artifact_name`",
}


def about(
    metadata: Mapping[str, Any] | None, named: Mapping[str, Any], outputs: tuple[str, ...], saved: Iterable[str]
) -> tuple[str | None, dict[str, Any]]:
    """Take the arguments of `log_metadata` apart.

    Parameters
    ----------
    metadata : the values; where they are given, ZenML's names among `named` say what they are about.
    outputs : the names of the outputs of the step.
    saved : the names of what it has saved beside them.

    Returns
    -------
    the name of the output or saved value that the values are about, `None` for the step itself; and the values.

    Raises
    ------
    Refusal : they are about something else.
    """
    if metadata is None:
        return None, dict(named)
    values = {**metadata, **named}
    for name, advice in _ELSEWHERE.items():
        if name in named and values.pop(name):
            raise Refusal(f"`log_metadata` does not take `{name}`: {advice}", code="metadata-elsewhere")
    artifact, inferred = (
        values.pop(name, None) if name in named else None for name in ("artifact_name", "infer_artifact")
    )
    if artifact is None and not inferred:
        return None, values
    known = list(dict.fromkeys([*outputs, *saved]))
    if artifact is None:
        if len(outputs) != 1:
            told = ", ".join(f"`{name}`" for name in outputs) or "none"
            message = f"`infer_artifact` needs a step with one output, and this one has {told}"
            raise Refusal(f"{message}; name one with `artifact_name`", code="unknown-output")
        artifact = outputs[0]
    if artifact not in known:
        near = closest(str(artifact), known)
        hint = did_you_mean(near) or f"; it has {', '.join(f'`{name}`' for name in known) or 'none'}"
        raise Refusal(
            f"this step has no output or saved artifact `{artifact}`{hint}", code="unknown-output", closest=near
        )
    return str(artifact), values
