"""Leases: who executes a run from afar takes one, commits under it, and gives it back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Response

from dalsegno.server.doors import TheService
from dalsegno.server.replies import reply
from dalsegno.wire import run_answers
from dalsegno.wire.exact import to_bytes
from dalsegno.wire.leased import arguments_from_json, writes_from_json
from dalsegno.wire.leases import Committed, LeaseWanted, ReadWanted

router = APIRouter(tags=["leases"])


def _exactly(data: Any) -> Response:
    return Response(to_bytes(data), media_type="application/json")


@router.post(
    "/runs/{run}/lease", response_model=run_answers.LeaseHeld, status_code=201, summary="Take the lease of a run"
)
def take(run: str, wanted: LeaseWanted, service: TheService) -> Response:
    """Take the right to execute a run elsewhere. It ends when it is given back, or nothing was heard for `silence` seconds."""
    held = service.leases.take(run, wanted.owner, environment=wanted.environment)
    shown = {
        "key": held.key, "run": held.lease.run, "number": held.lease.number, "owner": held.lease.owner,
        "silence": service.leases.silence,
    }  # fmt: skip
    return reply(shown, 201, {"Location": f"/api/v1/leases/{held.key}"})


@router.post("/leases/{key}/beat", response_model=run_answers.Wishes, summary="Keep a lease")
def beat(key: str, service: TheService) -> Response:
    """Tell that the holder lives. The answer tells what somebody asked of the run."""
    return reply(asdict(service.leases.beat(key)))


@router.post("/leases/{key}/commit", response_model=run_answers.Wishes, summary="Write under a lease")
def commit(key: str, wanted: Committed, service: TheService) -> Response:
    """Write what an engine writes, all of it or nothing; it keeps the lease, too."""
    return reply(asdict(service.leases.commit(key, writes_from_json(wanted.writes))))


@router.delete("/leases/{key}", status_code=204, summary="Give a lease back")
def give_back(key: str, service: TheService) -> None:
    """Give a lease back. One that is gone is no fault."""
    service.leases.give_back(key)


@router.post("/reads", response_model=run_answers.ReadAsStored, summary="Ask the store")
def read(wanted: ReadWanted, service: TheService) -> Response:
    """Read what an engine reads, exactly as it is stored."""
    arguments = arguments_from_json(wanted.noun, wanted.method, wanted.arguments)
    return _exactly(service.leases.read(wanted.noun, wanted.method, arguments))
