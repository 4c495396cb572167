"""The entry points of worker processes that run stored code: one step, the keys of items, or the graph of a pipeline."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.artifacts.materializers import decode, encode
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.code import Bundle, LoadedCode, load
from dalsegno.code.owned import call_main
from dalsegno.errors import Refusal, TaskFailed
from dalsegno.executors.steps import StepCall, facts_from_json
from dalsegno.pipelines.calling import call_step, keys_of, run_hook

#: what a line of a log begins with on its way through the output of a worker: this, a level, and a blank
LOGGED = "\x1edalsegno "

#: the code that is loaded in this process: its source, and what was loaded
_loaded: list[tuple[str, LoadedCode]] = []
#: the functions that a pipeline's function made when it was called with the parameters of a run, by code and parameters
_made: dict[str, Mapping[str, Callable[..., Any]]] = {}


def open_artifacts(address: str) -> ArtifactStore:
    """Open the artifact store at an address: a folder, or a server."""
    if address.startswith(("http://", "https://")):
        from dalsegno.client.http.blobs import open_remote  # only where a run is leased from a server

        return open_remote(address)
    return LocalArtifacts(Path(address))


def carry_out(*, source: str, artifacts: str, call: Mapping[str, Any], allow_unsafe: bool) -> dict[str, Any]:
    """Run a step, and give what it gave as JSON."""
    store = open_artifacts(artifacts)
    step = StepCall(
        call["function"],
        call["arguments"],
        tuple(call["outputs"]),
        facts_from_json(call["facts"]),
        hooks=call["hooks"],
        last=call["last"],
    )
    function = _function(source, store, step.function)
    result = call_step(
        step, function, store, on_log=_log, find=lambda name: _function(source, store, name), allow_unsafe=allow_unsafe
    )
    return json.loads(json.dumps(asdict(result)))


def name_items(*, source: str, artifacts: str, function: str, items: Sequence[Any], allow_unsafe: bool) -> list[Any]:
    """Have a function of the user's name items."""
    store = open_artifacts(artifacts)
    found = _function(source, store, function)
    return keys_of(found, items, store, allow_unsafe=allow_unsafe)


def call_hook(
    *, source: str, artifacts: str, function: str, error: Mapping[str, Any] | None, allow_unsafe: bool
) -> None:
    """Call a function of the user's when a run has ended."""
    del allow_unsafe
    failure = None if error is None else TaskFailed(str(error.get("message")), code=str(error.get("code")))
    run_hook(_function(source, open_artifacts(artifacts), function), failure)


def load_code(*, source: str, artifacts: str, allow_unsafe: bool) -> None:
    """Load the code, and run nothing of it."""
    del allow_unsafe
    _pipeline(source, open_artifacts(artifacts))


def trace_anew(*, source: str, artifacts: str, arguments: Mapping[str, Any], allow_unsafe: bool) -> str:
    """Trace a pipeline with other arguments, and give as JSON its graph, and the arguments as it reads them."""
    from dalsegno.model.codec import flow_to_json
    from dalsegno.pipelines.tracing import trace

    store = open_artifacts(artifacts)
    values = {name: decode(form, store, allow_unsafe=allow_unsafe) for name, form in arguments.items()}
    try:
        traced = trace(_pipeline(source, store), (), values, store=store, allow_unsafe=allow_unsafe)
    except Refusal as error:
        # it is what was asked that is wrong, and not a line of the user's
        return json.dumps({"refused": {"message": error.message, "code": error.code, "closest": list(error.closest)}})
    read = {name: encode(value, store, allow_unsafe=allow_unsafe).form for name, value in traced.arguments.items()}
    return json.dumps({"flow": flow_to_json(traced.flow), "arguments": read})


def _log(level: str, text: str) -> None:
    for line in text.split("\n"):
        sys.stdout.write(f"{LOGGED}{level} {line}\n")


def _pipeline(source: str, store: ArtifactStore) -> Any:
    """Load the code: the first line of the source; the second has the parameters of the run."""
    code = source.partition("\n")[0]
    if _loaded and _loaded[-1][0] == code:
        return _loaded[-1][1].function
    _made.clear()
    while _loaded:
        _loaded.pop()[1].unload()
    bundle = Bundle.from_json(json.loads(code)["bundle"])
    call_main(bundle.entry.partition(":")[0])
    loaded = load(bundle, read=lambda digest: _read(store, digest))
    _loaded.append((code, loaded))
    return loaded.function


def _read(store: ArtifactStore, digest: str) -> bytes:
    with store.open(digest) as file:
        return file.read()


def _as_replayed(source: str, name: str) -> tuple[str, str]:
    """Give the source that holds a function, and its name in it: a step that was replayed alone has code of its own."""
    code = json.loads(source.partition("\n")[0])
    for part in code.get("steps", ()):
        if name in part["functions"]:
            return json.dumps({"bundle": part["bundle"]}), part["functions"][name]
    return source, name


def _function(source: str, store: ArtifactStore, name: str) -> Callable[..., Any]:
    source, name = _as_replayed(source, name)
    pipeline = _pipeline(source, store)
    for found_name, function in functions_of(pipeline):
        if found_name == name:
            return function
    made = _made_inside(pipeline, source, store).get(name)
    if made is None:
        raise TaskFailed(
            f"the stored code does not hold `{name}`", code="unknown-function", hint="run the pipeline again"
        )
    return made


def _made_inside(pipeline: Any, source: str, store: ArtifactStore) -> Mapping[str, Callable[..., Any]]:
    """Give the functions that the pipeline's function makes when it is called with the parameters of the run."""
    if source not in _made:
        from dalsegno.pipelines.pipeline import Pipeline
        from dalsegno.pipelines.tracing import trace
        from dalsegno.settings import allow_pickle

        _made.clear()
        forms = json.loads(source.partition("\n")[2] or "{}") if isinstance(pipeline, Pipeline) else None
        _made[source] = {}
        if forms is not None:
            values = {name: decode(form, store, allow_unsafe=allow_pickle()) for name, form in forms.items()}
            _made[source] = trace(pipeline, (), values, store=store).functions
    return _made[source]


def functions_of(pipeline: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Give the functions of all steps that a pipeline reaches by name, and those of the pipelines that it calls."""
    from dalsegno.pipelines.reached import functions_of as found

    return found(pipeline)
