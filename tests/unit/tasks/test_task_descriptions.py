from __future__ import annotations

import pytest
from pydantic import BaseModel

from dalsegno.tasks import registry
from dalsegno.tasks.http_options import Auth, Options, SslOptions, Timeouts
from dalsegno.tasks.scripts.base import TaskRunner

TYPES = [
    "core.http.Download",
    "core.http.Request",
    "compress.ArchiveDecompress",
    "scripts.shell.Commands",
    "scripts.shell.Script",
    "scripts.python.Commands",
    "scripts.python.Script",
    "scripts.node.Commands",
    "scripts.node.Script",
    "sql.Query",
    "core.log.Log",
    "core.flow.ForEach",
    "core.flow.If",
    "core.flow.Switch",
    "core.flow.Dag",
    "core.flow.AllowFailure",
    "core.flow.Pause",
    "core.kv.Set",
    "core.kv.Get",
    "core.kv.GetKeys",
    "core.kv.Delete",
    "core.state.Set",
    "core.state.Get",
    "core.state.Delete",
    "core.debug.Echo",
    "core.output.OutputValues",
    "core.execution.Assert",
    "core.execution.Count",
    "core.execution.Exit",
    "core.execution.Labels",
    "core.execution.Resume",
    "core.execution.SetVariables",
    "core.execution.UnsetVariables",
    "core.log.Fetch",
    "core.log.PurgeLogs",
    "core.storage.Delete",
    "core.storage.PurgeCurrentExecutionFiles",
    "core.storage.Concat",
    "core.storage.DeduplicateItems",
    "core.storage.FilterItems",
    "core.storage.Reverse",
    "core.storage.Size",
    "core.storage.Split",
]


@pytest.mark.parametrize("model", [*map(registry.load, TYPES), Auth, Options, SslOptions, TaskRunner, Timeouts])
def test_every_type_and_every_property_says_what_it_is_for(model: type[BaseModel]) -> None:
    assert (model.__doc__ or "").strip().endswith(".")
    assert {name for name, field in model.model_fields.items() if not field.description} == set()


@pytest.mark.parametrize("name", TYPES)
def test_properties_are_written_as_kestra_writes_them(name: str) -> None:
    written = {field.alias or name for name, field in registry.load(name).model_fields.items()}
    assert not [name for name in written if "_" in name]
