"""Whose a file is: the user's own, or that of the standard library or of an installed package."""

from __future__ import annotations

import os
import site
import sysconfig
from functools import cache
from pathlib import Path


@cache
def library_folders() -> tuple[str, ...]:
    """Give the folders of the standard library and of installed packages, each with a slash at its end."""
    named = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    named |= {*site.getsitepackages(), site.getusersitepackages()}
    return tuple(str(Path(folder)) + os.sep for folder in named if folder)
