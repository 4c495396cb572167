"""What is uploaded: a file in the scratch folder of the artifact store, for as long as the request lasts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Annotated

from anyio import open_file, to_thread
from fastapi import Depends, Request

from dalsegno.server.doors import doors_of

#: how many bytes the body of a request may have
LARGEST_BODY = 10_000_000
#: what may be larger: method, path, and how large; files and values are as large as the disk takes
_TAKES: tuple[tuple[str, re.Pattern[str], int | None], ...] = (
    ("PUT", re.compile(r"/api/v1/blobs/[^/]+\Z"), None),
    ("PUT", re.compile(r"/api/v1/namespaces/[^/]+/files/.+\Z"), None),
    ("POST", re.compile(r"/api/v1/namespaces/[^/]+/files\Z"), None),
    # log lines and outputs of whoever executes a run elsewhere
    ("POST", re.compile(r"/api/v1/leases/[^/]+/commit\Z"), 100_000_000),
)


def limit_of(method: str, path: str) -> int | None:
    """Give how many bytes the body of a request may have; `None` where there is no limit."""
    return next((limit for name, where, limit in _TAKES if name == method and where.match(path)), LARGEST_BODY)


async def _uploaded(request: Request) -> AsyncIterator[Path]:
    folder = Path(await to_thread.run_sync(lambda: mkdtemp(dir=doors_of(request).service.files.scratch())))
    try:
        with doors_of(request).service.values.storing():
            async with await open_file(folder / "upload", "wb") as file:
                async for piece in request.stream():
                    await file.write(piece)
        yield folder / "upload"
    finally:
        await to_thread.run_sync(lambda: rmtree(folder, ignore_errors=True))


Upload = Annotated[Path, Depends(_uploaded)]
