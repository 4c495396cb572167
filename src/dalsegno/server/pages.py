"""The web UI: the files that its build put into the package, and its page at the addresses of pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from dalsegno.errors import Refusal
from dalsegno.server.replies import problem

#: where the build puts what it makes
BUILT = Path(__file__).parents[1] / "_ui"

#: the addresses of pages: what stands below one is the page's own affair
_PAGES = (
    "/", "/runs", "/runs/{rest:path}", "/flows", "/flows/{rest:path}", "/bulk-replays", "/bulk-replays/{rest:path}",
    "/settings", "/settings/{rest:path}", "/artifact", "/compare",
)  # fmt: skip
#: files that stand beside the page, under names that stay
_BESIDE = ("logo.svg", "theme.js")

_NOT_BUILT = "this server was installed without its web UI"
_HOW = "`make ui` in a checkout builds it, and so does any installation without DALSEGNO_UI_SKIP=1"
_PLAIN = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Dal Segno</title></head>
<body><h1>Dal Segno</h1>
<p>The server is well, but {_NOT_BUILT}: {_HOW.replace("`make ui`", "<code>make ui</code>")}.</p>
<p>The API is there: <a href="/api/v1/openapi.json">its document</a>, <a href="/api/v1/runs">runs</a>.</p>
</body></html>
"""


class _Assets(StaticFiles):
    """Files whose names hold a digest of their content: a browser need never ask for one again."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def add_pages(app: FastAPI, built: Path = BUILT) -> None:
    """Serve the web UI, or where it was not built a page that says so."""
    there = (built / "index.html").is_file()

    def page(request: Request) -> Response:
        if there:
            return FileResponse(built / "index.html", headers={"Cache-Control": "no-cache"})
        return _missing(request)

    for path in _PAGES:
        app.add_api_route(path, page, include_in_schema=False)
    if there:
        for name in _BESIDE:
            app.add_api_route(f"/{name}", _beside(built / name), include_in_schema=False)
        app.mount("/assets", GZipMiddleware(_Assets(directory=built / "assets"), minimum_size=1000))


def _beside(path: Path) -> Any:
    def file() -> Response:
        return FileResponse(path, headers={"Cache-Control": "no-cache"})

    return file


def _missing(request: Request) -> Response:
    """Say that there is no page, to a person or to a program."""
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(_PLAIN, 404)
    return problem(Refusal(f"{_NOT_BUILT}: {_HOW}", code="no-ui"), 404)
