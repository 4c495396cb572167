"""What a purge removed, and what it left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalsegno.cli.render.lines import Line, count, line, listed, wrapped
from dalsegno.cli.render.logs import size_text

if TYPE_CHECKING:
    from dalsegno.service.keeping import Purged

_MOST_SPARED = 5


def purged_lines(purged: Purged, width: int) -> list[Line]:
    """Say which runs went, how much space that freed, and what stays and why."""
    verb = "Would delete" if purged.dry else "Deleted"
    names = [run.name for run in reversed(purged.runs)]
    runs = f"{count(len(names), 'run')}{': ' if names else ''}{listed(names)}"
    blobs = count(purged.blobs, "stored value or file", "stored values and files")
    freed = "would free" if purged.dry else "freed"
    lines = [
        *wrapped(f"{verb} {runs}", width),
        line(
            f"{'Would remove' if purged.dry else 'Removed'} {blobs}: {freed} ", (size_text(purged.size), "bold green")
        ),
    ]
    for run, reason in purged.spared[:_MOST_SPARED]:
        lines += wrapped(f"{run.name} stays: {reason}", width, style="dim")
    if len(purged.spared) > _MOST_SPARED:
        lines.append(line((f"… and {len(purged.spared) - _MOST_SPARED:,} more stay", "dim")))
    if purged.young:
        stay = "stays" if purged.young == 1 else "stay"
        because = f"than {purged.holds.name}, which is executing" if purged.holds else "than an hour"
        young = f"{purged.young:,} more ({size_text(purged.young_size)}) that nothing needs {stay} for now: younger"
        lines += wrapped(f"{young} {because}", width, style="dim")
    return lines
