"""What is uploaded: a file in the scratch folder of the artifact store, for as long as the request lasts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Annotated

from anyio import open_file, to_thread
from fastapi import Depends, Request

from dalsegno.server.doors import doors_of


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
