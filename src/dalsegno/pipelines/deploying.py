"""Deploys a pipeline: its code is stored where runs of it are to be made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dalsegno.code.bundle import Bundle, ModuleSource
from dalsegno.code.packages import packages_of
from dalsegno.errors import PipelineInvalid, Refusal
from dalsegno.pipelines.running import coded
from dalsegno.pipelines.session import session
from dalsegno.pipelines.tracing import trace

if TYPE_CHECKING:
    from dalsegno.client.client import Client
    from dalsegno.service.coded import Coded
    from dalsegno.service.flows import Saved


def deploy(pipeline: Any, parameters: Mapping[str, Any], client: Client | None = None) -> Saved:
    """Store the code of a pipeline as a revision, and run nothing.

    Parameters
    ----------
    parameters : of which its graph is drawn; needed for those that have no default. A run has its own.
    """
    client = client or session()
    try:
        traced = trace(pipeline, (), parameters, store=client.values)
    except PipelineInvalid as error:
        if error.code != "missing-argument":
            raise
        message = f"{error.message}; to deploy it needs values for its graph, which runs replace by their own"
        raise Refusal(message, code=error.code, closest=error.closest) from error
    made = coded(pipeline, traced)
    return client.deploy(made, packages_of(_bundle(made)))


def _bundle(made: Coded) -> Bundle:
    """Give the bundle of stored code with its texts."""
    found = Bundle.from_json(json.loads(made.source)["bundle"])
    modules = {
        name: ModuleSource(one.digest, one.is_package, one.file, made.contents[one.digest].decode("utf-8", "replace"))
        for name, one in found.modules.items()
    }
    return Bundle(found.entry, found.code, modules, texts=found.texts, contents=made.contents)
