"""Files of namespaces, as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from dalsegno.cli.render.lines import Line, count, line
from dalsegno.cli.render.logs import size_text
from dalsegno.cli.render.times import stamp

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dalsegno.model.files import NamespaceFile
    from dalsegno.service.namespace_files import FilesPut

#: files that are listed one by one after a change
_MOST = 20
_STYLES = {"new": "green", "changed": "yellow", "deleted": "red"}


def files_table(files: Sequence[NamespaceFile], zone: tzinfo | None = None, *, with_namespace: bool) -> RenderableType:
    """List files."""
    from dalsegno.cli.render.tables import Column, add_row, table

    first = [Column("namespace", name=True)] if with_namespace else []
    made = table([
        *first, Column("path", name=True, style="bold"), Column("size", align="right", fixed=True),
        Column("changed", fixed=True),
    ])  # fmt: skip
    for file in files:
        names = [file.namespace] if with_namespace else []
        add_row(made, *names, file.path, size_text(file.size), stamp(file.updated, zone))
    return made


def put_lines(done: FilesPut) -> list[Line]:
    """Say what became of files that were put."""
    parts = {"new": done.new, "changed": done.changed, "deleted": done.deleted}
    told = [f"{len(files):,} {name}" for name, files in parts.items() if files]
    told += [f"{len(done.unchanged):,} as they were"] if done.unchanged else []
    lines = [line(f"{done.namespace}: ", (", ".join(told), "bold"))]
    named = [(name, file.path) for name, files in parts.items() for file in files]
    lines += [line("  ", (f"{name:<7}", _STYLES[name]), f"  {path}") for name, path in named[:_MOST]]
    if len(named) > _MOST:
        lines.append(line((f"  … and {len(named) - _MOST:,} more", "dim")))
    return lines


def deleted_lines(files: Sequence[NamespaceFile]) -> list[Line]:
    """Say what was deleted."""
    if len(files) == 1:
        return [line("Deleted: ", (files[0].path, "bold"), f" of {files[0].namespace}")]
    named = [line(f"  {file.path}") for file in files[:_MOST]]
    more = [line((f"  … and {len(files) - _MOST:,} more", "dim"))] if len(files) > _MOST else []
    return [line("Deleted: ", (count(len(files), "file"), "bold"), f" of {files[0].namespace}"), *named, *more]
