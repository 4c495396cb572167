"""What routes are given: the service, the engine that executes what is handed over, the live events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from dalsegno.model.clock import Clock
from dalsegno.server.engine import EngineProcess
from dalsegno.server.live import Live
from dalsegno.server.metrics import Metrics
from dalsegno.server.tries import Tries
from dalsegno.service.service import Service


@dataclass(frozen=True, slots=True)
class Doors:
    """What a server is made of."""

    service: Service
    engine: EngineProcess
    live: Live
    metrics: Metrics
    clock: Clock
    tries: Tries


def doors_of(request: Request) -> Doors:
    """Give what the server that got a request is made of."""
    return request.app.state.doors


# what waits for nothing is asked for on the loop: a thread for each would cost more than the whole of it
async def _doors(request: Request) -> Doors:
    return doors_of(request)


async def _service(request: Request) -> Service:
    return doors_of(request).service


async def _engine(request: Request) -> EngineProcess:
    return doors_of(request).engine


async def _live(request: Request) -> Live:
    return doors_of(request).live


TheDoors = Annotated[Doors, Depends(_doors)]
TheService = Annotated[Service, Depends(_service)]
TheEngine = Annotated[EngineProcess, Depends(_engine)]
TheLive = Annotated[Live, Depends(_live)]
