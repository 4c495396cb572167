"""Settings, from the environment: where things are kept and how safe they are.

`DALSEGNO_HOME` is the data directory; without it the nearest `.dalsegno/` above the working directory, else `~/.dalsegno`.
`DALSEGNO_STORE` names another metadata store than the one in the data directory (`postgresql://...`).
`DALSEGNO_SECRET_KEY` is what secrets are sealed with; without it a key is made in the data directory.
`DALSEGNO_DURABILITY` is `normal` (kill -9 loses nothing; a power cut may lose the last moment) or `full`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dalsegno.errors import Refusal

Durability = Literal["normal", "full"]

#: the version of Dal Segno; `pyproject.toml` reads it from here
VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a local Dal Segno keeps its things.

    Parameters
    ----------
    home : the data directory.
    store : a store's URL; by default the SQLite file `dalsegno.db` in `home`.
    durability : `normal` or `full`.
    """

    home: Path
    store: str | None = None
    durability: Durability = "normal"

    @property
    def store_url(self) -> str:
        """The URL of the metadata store."""
        return self.store or f"sqlite:///{self.home / 'dalsegno.db'}"

    @property
    def key_file(self) -> Path:
        """Where the key of secrets is kept that is made when `DALSEGNO_SECRET_KEY` gives none."""
        return self.home / "secret.key"

    @property
    def artifacts_folder(self) -> Path:
        """The folder of the artifact store."""
        return self.home / "artifacts"


def read_settings(environ: Mapping[str, str] | None = None, *, cwd: Path | None = None) -> Settings:
    """Read the settings.

    Raises
    ------
    Refusal : a variable has a value that it cannot have.
    """
    environ = os.environ if environ is None else environ
    durability = environ.get("DALSEGNO_DURABILITY", "normal")
    if durability not in ("normal", "full"):
        raise Refusal(f"DALSEGNO_DURABILITY is `{durability}`; it can be `normal` or `full`", code="bad-setting")
    home = environ.get("DALSEGNO_HOME")
    folder = Path(home).expanduser().absolute() if home else find_home(cwd or Path.cwd(), environ)
    return Settings(folder, environ.get("DALSEGNO_STORE") or None, durability)


def find_home(cwd: Path, environ: Mapping[str, str]) -> Path:
    """Give the nearest `.dalsegno` above `cwd`, else the one of the user."""
    for folder in (cwd, *cwd.parents):
        if (folder / ".dalsegno").is_dir():
            return folder / ".dalsegno"
    return Path(environ.get("HOME") or Path.home()) / ".dalsegno"
