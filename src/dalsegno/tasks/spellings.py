"""The names that task types had in earlier Kestra, and those that are written in full."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

KESTRA_PREFIX = "io.kestra.plugin."
_OLD_PREFIX = "io.kestra.core.tasks."

#: packages of earlier Kestra, and what they are called now
_PACKAGES: Mapping[str, str] = MappingProxyType(
    {
        "debugs": "core.debug",
        "executions": "core.execution",
        "flows": "core.flow",
        "log": "core.log",
        "states": "core.state",
        "storages": "core.storage",
        "templating": "core.templating",
        "trigger": "core.trigger",
        "runners": "core.runner",
        "kv": "core.kv",
        "namespace": "core.namespace",
    }
)
#: types whose own name has changed, by what their package would make of them
_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "core.execution.Counts": "core.execution.Count",
        # which database is meant stands in `url`
        "jdbc.sqlite.Query": "sql.Query",
        "jdbc.postgresql.Query": "sql.Query",
        "jdbc.duckdb.Query": "sql.Query",
        "core.flow.Flow": "core.flow.Subflow",
        "core.flow.Worker": "core.flow.WorkingDirectory",
        "core.flow.WaitFor": "core.flow.LoopUntil",
        "core.storage.PurgeExecution": "core.storage.PurgeCurrentExecutionFiles",
        "core.storage.PurgeInternal": "core.storage.PurgeCurrentExecutionFiles",
        "core.output.OutputValue": "core.output.OutputValues",
        "fs.http.Download": "core.http.Download",
        "fs.http.Request": "core.http.Request",
        "fs.http.Trigger": "core.http.Trigger",
        "serdes.csv.CsvReader": "serdes.csv.CsvToIon",
        "serdes.csv.CsvWriter": "serdes.csv.IonToCsv",
        "serdes.json.JsonReader": "serdes.json.JsonToIon",
        "serdes.json.JsonWriter": "serdes.json.IonToJson",
        "serdes.avro.AvroReader": "serdes.avro.AvroToIon",
        "serdes.avro.AvroWriter": "serdes.avro.IonToAvro",
        "serdes.parquet.ParquetReader": "serdes.parquet.ParquetToIon",
        "serdes.parquet.ParquetWriter": "serdes.parquet.IonToParquet",
    }
)
#: types that had a place of their own
_WHOLE: Mapping[str, str] = MappingProxyType(
    {
        "io.kestra.core.tasks.scripts.Bash": "scripts.shell.Commands",
        "io.kestra.core.models.triggers.types.Schedule": "core.trigger.Schedule",
        "io.kestra.core.models.triggers.types.Flow": "core.trigger.Flow",
        "io.kestra.core.models.triggers.types.Webhook": "core.trigger.Webhook",
    }
)


def spellings_of(name: str) -> list[str]:
    """Give all names of a type that are in use, the canonical one first."""
    before, _, last = name.rpartition(".")
    old = [f"{_OLD_PREFIX}{package}.{last}" for package, now in _PACKAGES.items() if now == before]
    renamed = [f"{KESTRA_PREFIX}{other}" for other, now in _TYPES.items() if now == name]
    whole = [other for other, now in _WHOLE.items() if now == name]
    return list(dict.fromkeys([name, f"{KESTRA_PREFIX}{name}", *renamed, *old, *whole]))


def canonical(type_name: str) -> str:
    """Give the canonical name of a type, however it is written.

    `io.kestra.plugin.core.log.Log`, `io.kestra.core.tasks.log.Log` and `core.log.Log` are `core.log.Log`.
    """
    if type_name in _WHOLE:
        return _WHOLE[type_name]
    name = type_name.removeprefix(KESTRA_PREFIX)
    if name.startswith(_OLD_PREFIX):
        package, _, last = name.removeprefix(_OLD_PREFIX).rpartition(".")
        if package not in _PACKAGES:
            return name
        name = f"{_PACKAGES[package]}.{last}"
    return _TYPES.get(name, name)
