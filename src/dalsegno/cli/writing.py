"""Writing files for the user."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from dalsegno.errors import Refusal


def write_whole(path: Path, source: Callable[[], BinaryIO]) -> None:
    """Write beside a file and rename, so that it is there whole or not at all.

    Raises
    ------
    Refusal : it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with source() as content, part.open("wb") as target:
            shutil.copyfileobj(content, target, 1024 * 1024)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Refusal(f"`{path}` cannot be written: {error.strerror}", code="bad-file", file=str(path)) from None
