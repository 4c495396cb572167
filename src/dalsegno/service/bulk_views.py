"""Bulk replays as every door shows them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from dalsegno.model.bulk import BulkJob, BulkRow
from dalsegno.model.sealed import mask_sealed
from dalsegno.model.times import iso


def bulk_as_json(job: BulkJob) -> dict[str, Any]:
    """Give a bulk replay as JSON data, without its rows."""
    return {
        "id": job.id,
        "name": job.name,
        "state": job.state.value,
        "why": job.why,
        "created": iso(job.created),
        "started": iso(job.started),
        "ended": iso(job.ended),
        "author": job.author,
        "hosted": job.hosted,
        "owner": job.owner,
        "approved": job.approved,
        "total": job.tally.total,
        "counts": job.tally.as_json(),
        "pace": asdict(job.pace),
        "selection": dict(job.selection),
        "request": mask_sealed(dict(job.request)),
        "first_failed": job.first_failed,
        "fixed_too": job.fixed_too,
    }


def bulk_row_as_json(row: BulkRow) -> dict[str, Any]:
    """Give what has become of one run of a bulk replay as JSON data."""
    replay = None if row.replay is None else {"id": row.replay, "name": row.replay_name, "state": row.replay_state}
    return {
        "position": row.position,
        "origin": {"id": row.origin, "name": row.origin_name},
        "state": row.state.value,
        "replay": replay,
        "code": row.code,
        "why": row.why,
        "at": iso(row.at),
    }
