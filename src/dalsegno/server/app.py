"""The app: routes put together, and one place where errors become problems."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from dalsegno.errors import DalSegnoError, Refusal, StoreUnavailable, closest, did_you_mean
from dalsegno.model.clock import Clock
from dalsegno.server.doors import Doors, TheDoors
from dalsegno.server.host import EngineHost
from dalsegno.server.live import Live
from dalsegno.server.metrics import Measured, Metrics
from dalsegno.server.replies import problem, reply
from dalsegno.server.routes import blobs, events, flows, leases, runs
from dalsegno.service.service import Service
from dalsegno.settings import VERSION

_ROUTES = (flows.router, runs.router, events.router, leases.router, blobs.router)


def create_app(service: Service, engine: EngineHost, clock: Clock, metrics: Metrics | None = None) -> FastAPI:
    """Give the app of a server.

    Parameters
    ----------
    service : what routes call.
    engine : executes what is handed over; it is started and ended by whoever serves the app.
    metrics : the figures of the server, where the engine counts in them too.
    """
    live = Live(service)
    metrics = metrics or Metrics()
    metrics.watch(
        active=lambda: engine.active, queued=lambda: len(service.runs.queued(1000)), followers=lambda: live.followers
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        live.start()
        yield
        await live.close()

    app = FastAPI(title="Dal Segno", version=VERSION, lifespan=lifespan, openapi_url="/api/v1/openapi.json", docs_url=None,
                  redoc_url=None)  # fmt: skip
    app.state.doors = Doors(service, engine, live, metrics, clock)
    api = APIRouter(prefix="/api/v1")
    for router in _ROUTES:
        api.include_router(router)
    app.include_router(api)
    for path, answer in (("/healthz", _healthy), ("/readyz", _ready), ("/metrics", _figures)):
        app.add_api_route(path, answer, include_in_schema=False)
    app.add_middleware(Measured, metrics=metrics)
    app.add_exception_handler(DalSegnoError, _told)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _no_such_place)
    return app


def _healthy() -> Response:
    """Tell that the process answers."""
    return reply({"status": "ok"})


def _ready(doors: TheDoors) -> Response:
    """Tell whether runs can be made and are executed: the store answers, and the engine takes what is handed over."""
    doors.service.changes()
    if not doors.engine.alive:
        return problem(StoreUnavailable("the engine takes no runs: the server is stopping"), 503)
    return reply({"status": "ok", "active": doors.engine.active})


def _figures(doors: TheDoors) -> Response:
    return Response(doors.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _told(_request: Request, error: Exception) -> Response:
    assert isinstance(error, DalSegnoError)  # noqa: S101 - it is registered for these alone
    return problem(error)


async def _not_understood(_request: Request, error: Exception) -> Response:
    """Tell what is wrong with a request, all of it at once."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for these alone
    said = "; ".join(_wrong(each) for each in error.errors())
    return problem(Refusal(said, code="bad-request"), 422)


def _wrong(found: dict[str, object]) -> str:
    place = found.get("loc")
    where = ".".join(str(part) for part in place) if isinstance(place, tuple) else ""
    return f"`{where}`: {found.get('msg')}"


async def _no_such_place(request: Request, error: Exception) -> Response:
    """Tell that there is no such address, with the closest one."""
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these alone
    if error.status_code != 404:
        return problem(Refusal(str(error.detail), code="bad-request"), error.status_code)
    known = request.app.openapi()["paths"]
    near = closest(request.url.path, known)
    message = f"there is nothing at `{request.url.path}`{did_you_mean(near)}"
    return problem(Refusal(message, code="unknown-route", closest=near), 404)
