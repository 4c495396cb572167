"""The app: routes put together, and one place where errors become problems."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from dalsegno.errors import DalSegnoError, Refusal, closest, did_you_mean
from dalsegno.server.doors import Doors
from dalsegno.server.host import EngineHost
from dalsegno.server.live import Live
from dalsegno.server.replies import problem, reply
from dalsegno.server.routes import bulk, flows, runs
from dalsegno.service.service import Service
from dalsegno.settings import VERSION

_ROUTES = (flows.router, runs.router, bulk.router)


def create_app(service: Service, engine: EngineHost) -> FastAPI:
    """Give the app of a server.

    Parameters
    ----------
    service : what routes call.
    engine : executes what is handed over; it is started and ended with the app by whoever serves it.
    """
    live = Live(service)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        live.start()
        yield
        await live.close()

    app = FastAPI(title="Dal Segno", version=VERSION, lifespan=lifespan, openapi_url="/api/v1/openapi.json", docs_url=None,
                  redoc_url=None)  # fmt: skip
    app.state.doors = Doors(service, engine, live)
    api = APIRouter(prefix="/api/v1")
    for router in _ROUTES:
        api.include_router(router)
    app.include_router(api)
    app.add_api_route("/healthz", _healthy, include_in_schema=False)
    app.add_exception_handler(DalSegnoError, _told)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _no_such_place)
    return app


def _healthy() -> Response:
    return reply({"status": "ok"})


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
    known = [route.path for route in request.app.routes if hasattr(route, "path")]
    near = closest(request.url.path, known)
    message = f"there is nothing at `{request.url.path}`{did_you_mean(near)}"
    return problem(Refusal(message, code="unknown-route", closest=near), 404)
