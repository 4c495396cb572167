"""The app: routes put together, and one place where errors become problems."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from dalsegno.errors import DalSegnoError, Refusal, StoreUnavailable, closest, did_you_mean
from dalsegno.model.clock import Clock
from dalsegno.server.doors import Doors, TheDoors
from dalsegno.server.engine import EngineProcess
from dalsegno.server.faults import refuse_unknown_query, request_invalid
from dalsegno.server.gate import Gate
from dalsegno.server.guard import Guard, failed
from dalsegno.server.idempotency import Idempotent
from dalsegno.server.live import Live
from dalsegno.server.metrics import Measured, Metrics
from dalsegno.server.openapi import document, methods_at
from dalsegno.server.pages import add_pages
from dalsegno.server.replies import problem, reply
from dalsegno.server.roles import check_all, operation_id, permit
from dalsegno.server.routes import (
    access,
    artifacts,
    blobs,
    bulk,
    entries,
    evaluating,
    events,
    files,
    flows,
    keeping,
    leases,
    logs,
    looking,
    runs,
    task_types,
)
from dalsegno.server.tries import Tries
from dalsegno.service.service import Service
from dalsegno.settings import VERSION

#: what is asked for most stands first: a request is held against one after the other
_ROUTES = (
    runs.router, looking.router, flows.router, evaluating.router, events.router, entries.router, files.router,
    task_types.router, keeping.router, logs.router, artifacts.router, bulk.router, leases.router, blobs.router,
    access.router,
)  # fmt: skip


def create_app(
    service: Service, engine: EngineProcess, clock: Clock, metrics: Metrics | None = None, gate: Gate | None = None
) -> FastAPI:
    """Give the app of a server.

    Parameters
    ----------
    service : what routes call.
    engine : executes what is handed over; it is started and ended by whoever serves the app.
    metrics : the figures of the server, where the engine counts in them too.
    gate : how it is guarded; by default as one on this machine alone, without login.
    """
    live = Live(service)
    metrics = metrics or Metrics()
    metrics.watch(
        active=lambda: engine.active,
        queued=lambda: len(service.runs.hosted.queued(1000)),
        followers=lambda: live.followers,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        live.start()
        yield
        await live.close()

    app = FastAPI(title="Dal Segno", version=VERSION, lifespan=lifespan, openapi_url="/api/v1/openapi.json", docs_url=None,
                  redoc_url=None, generate_unique_id_function=operation_id)  # fmt: skip
    app.openapi = partial(document, app)
    app.state.doors = Doors(service, engine, live, metrics, clock, Tries(clock))
    check_all(_ROUTES)
    for router in _ROUTES:
        app.include_router(router, prefix="/api/v1", dependencies=[Depends(permit), Depends(refuse_unknown_query)])
    for path, answer in (("/healthz", _healthy), ("/readyz", _ready), ("/metrics", _figures)):
        app.add_api_route(path, answer, include_in_schema=False)
    add_pages(app)
    app.add_middleware(Idempotent, answers=service.answers)
    app.add_middleware(Guard, service=service, gate=gate or Gate(), clock=clock)
    app.add_middleware(Measured, metrics=metrics)
    app.add_exception_handler(DalSegnoError, _told)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _no_such_place)
    app.add_exception_handler(Exception, _failed)
    return app


async def _healthy() -> Response:
    """Tell that the process answers."""
    return reply({"status": "ok"})


def _ready(doors: TheDoors) -> Response:
    """Tell whether runs can be made and are executed: the store answers, and the engine takes what is handed over."""
    doors.service.changes()
    if not doors.engine.is_well():
        return problem(StoreUnavailable("the engine takes no runs: it is stopping, or has died"), 503)
    return reply({"status": "ok", "active": doors.engine.active})


def _figures(doors: TheDoors) -> Response:
    doors.engine.is_well()
    return Response(doors.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _told(_request: Request, error: Exception) -> Response:
    assert isinstance(error, DalSegnoError)  # noqa: S101 - it is registered for these alone
    return problem(error)


async def _failed(_request: Request, _error: Exception) -> Response:
    """Tell that it is the server's fault."""
    return problem(failed(), 500)


async def _not_understood(request: Request, error: Exception) -> Response:
    """Tell what is wrong with a request, all of it at once."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for these alone
    return problem(request_invalid(error, request))


async def _no_such_place(request: Request, error: Exception) -> Response:
    """Tell that there is no such address, with the closest one."""
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these alone
    if error.status_code == 405:
        allowed = ", ".join(methods_at(request.app.openapi(), request.url.path)) or (error.headers or {}).get(
            "Allow", ""
        )
        message = f"there is no {request.method} of `{request.url.path}`; it takes {allowed}"
        return problem(Refusal(message, code="unknown-method"), 405, {"Allow": allowed})
    if error.status_code != 404:
        return problem(Refusal(str(error.detail), code="bad-request"), error.status_code)
    known = request.app.openapi()["paths"]
    near = closest(request.url.path, known)
    message = f"there is nothing at `{request.url.path}`{did_you_mean(near)}"
    return problem(Refusal(message, code="unknown-route", closest=near), 404)
