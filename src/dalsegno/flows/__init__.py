"""Flows as YAML: Kestra's language, compiled to `model.Flow`.

Contract: a text goes in; out comes a flow that can be used, or all that is wrong with the text, each with its line and
column. Nothing is rendered and nothing runs. May import the task types (to check properties), expressions (to find what
a task reads) and the model. Names are loaded when they are used, for YAML and pydantic cost time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dalsegno.flows.changes import diff
    from dalsegno.flows.compiling import Loaded, check, compiled, load, text_digest
    from dalsegno.flows.inputs import coerce_answers, coerce_inputs
    from dalsegno.flows.places import place_of

__all__ = ["Loaded", "check", "coerce_answers", "coerce_inputs", "compiled", "diff", "load", "place_of", "text_digest"]

_HOMES = {
    "Loaded": "compiling",
    "check": "compiling",
    "coerce_answers": "inputs",
    "coerce_inputs": "inputs",
    "compiled": "compiling",
    "diff": "changes",
    "load": "compiling",
    "place_of": "places",
    "text_digest": "compiling",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
