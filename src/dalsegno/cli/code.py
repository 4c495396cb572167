"""Pipelines in Python on the command line: in place of a flow's file, `my_module:training_pipeline`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dalsegno.cli.arguments import FlowFile, read_flow_file
from dalsegno.errors import PipelineInvalid, Refusal

if TYPE_CHECKING:
    from dalsegno.client.client import Client
    from dalsegno.model.progress import Observer
    from dalsegno.model.run import Run
    from dalsegno.pipelines.pipeline import Pipeline
    from dalsegno.replay.request import ReplayRequest
    from dalsegno.service.coded import Coded


@dataclass(frozen=True, slots=True)
class Code:
    """A pipeline that was named on the command line."""

    name: str
    pipeline: Pipeline


def is_code(text: str) -> bool:
    """Whether a text names a pipeline in Python."""
    from dalsegno.pipelines.named import is_named

    return ":" in text and is_named(text)


def read_code(text: str) -> Code:
    """Import a pipeline. Raises `NotFound` with the closest names, or `Refusal` where it cannot be imported."""
    from dalsegno.pipelines.named import find_pipeline

    return Code(text, find_pipeline(text))


@dataclass(frozen=True, slots=True)
class Debugging:
    """How a pipeline is run here, step by step, rather than in worker processes.

    Parameters
    ----------
    debug : with terminal and debugger left as they are.
    post_mortem : a debugger is opened where a step failed.
    """

    debug: bool = False
    post_mortem: bool = False

    def __bool__(self) -> bool:
        return self.debug or self.post_mortem


def doer(client: Client, run: Run, functions: Mapping[str, Callable[..., Any]], how: Debugging) -> Callable[..., Run]:
    """Give what executes a run in this process, one step at a time."""
    from dalsegno.engine.stored_steps import StoredSteps
    from dalsegno.pipelines.local import LocalSteps

    apart = StoredSteps(client.revision_of(run.id).source, client.values)
    steps = LocalSteps(functions, client.values, apart=apart, debug=True)

    def do(*, observer: Observer | None, stop: Callable[[Callable[[], None]], None] | None) -> Run:
        del observer, stop  # the terminal belongs to the steps, and to their debugger
        ended = client.execute(run.id, steps=steps)
        cause = steps.errors.get(str((ended.error or {}).get("address")))
        if how.post_mortem and cause is not None:
            import pdb  # noqa: T100 - it was asked for

            pdb.post_mortem(cause.__traceback__)
        return ended

    return do


def refuse_without_code(how: Debugging) -> None:
    """Refuse to debug what is no code of this process."""
    if how:
        option = "--post-mortem" if how.post_mortem else "--debug"
        message = f"{option} runs the code of a pipeline in this process: name it, as in `--file train.py:pipeline`"
        raise Refusal(message, code="usage")


def fresh(
    client: Client, code: Code, request: ReplayRequest
) -> tuple[ReplayRequest, Coded, Mapping[str, Callable[..., Any]]]:
    """Give the request for a fresh run, with inputs as the pipeline takes them, its code, and the functions of its steps."""
    from dalsegno.client.given import form_of
    from dalsegno.pipelines.named import arguments_of
    from dalsegno.pipelines.running import coded
    from dalsegno.pipelines.tracing import trace

    with _without_place():
        given = arguments_of(code.pipeline, dict(request.inputs))
        code.pipeline.arguments((), given)
    traced = trace(code.pipeline, (), given, store=client.values)
    forms = {name: form_of(client, value, f"the parameter `{name}`") for name, value in traced.arguments.items()}
    return replace(request, inputs=forms), coded(code.pipeline, traced), traced.functions


def given_to_replay(
    client: Client, fixed: FlowFile | Code | None, request: ReplayRequest
) -> tuple[ReplayRequest, dict[str, Any], Mapping[str, Callable[..., Any]]]:
    """Give the request for a replay, what `Client.start_replay` takes for the fixed flow, and the functions of its steps."""
    if fixed is None:
        return request, {}, {}
    if isinstance(fixed, FlowFile):
        return request, {"text": fixed.text, "file": fixed.name}, {}
    from dalsegno.pipelines.named import arguments_of
    from dalsegno.pipelines.replaying import local_code

    with _without_place():
        given = arguments_of(fixed.pipeline, dict(request.inputs))
        origin = client.get_run(request.origin or "")
        made, forms, functions = local_code(client, fixed.pipeline, origin, given)
    return replace(request, inputs=forms, revision="local"), {"coded": made}, functions


@contextmanager
def _without_place() -> Generator[None]:
    """Leave out the line of Python that gave wrong arguments: they came from the command line."""
    try:
        yield
    except PipelineInvalid as error:
        raise Refusal(error.message, code=error.code, closest=error.closest) from error


def read_fixed(text: str | None) -> FlowFile | Code | None:
    """Read what stands after `--file`: a file in YAML, or the name of a pipeline."""
    if text is None:
        return None
    return read_code(text) if is_code(text) else read_flow_file(text)
