"""Writing new files, with the failures of the disk told as a task's own."""

from __future__ import annotations

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dalsegno.errors import TaskFailed

#: what is read and written at once; a task looks after each whether it was told to stop
CHUNK = 1 << 20


@contextmanager
def writing(path: Path) -> Generator[BinaryIO]:
    """Open a new file for writing; leave none behind where that fails.

    Raises
    ------
    TaskFailed : the disk is full (code `disk-full`).
    """
    try:
        with path.open("xb") as file:
            yield file
    except OSError as error:
        path.unlink(missing_ok=True)
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise TaskFailed(
            f"there is no space left to write the file: {error.strerror}",
            code="disk-full",
            hint="free some space in the data directory, or set DALSEGNO_HOME to a larger disk, then replay",
        ) from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
