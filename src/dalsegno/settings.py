"""Settings, from the environment: where things are kept and how safe they are.

`DALSEGNO_HOME` is the data directory; without it the nearest `.dalsegno/` above the working directory, else `~/.dalsegno`.
`DALSEGNO_STORE` names another metadata store than the one in the data directory (`postgresql://...`).
`DALSEGNO_SERVER` names a server (`http://127.0.0.1:7070`) that Python and the command line work with in place of a data
directory.
`DALSEGNO_SECRET_KEY` is what secrets are sealed with; without it a key is made in the data directory.
`DALSEGNO_GLOBALS` is a JSON map that expressions read as `globals`; `DALSEGNO_ENVIRONMENT` and `DALSEGNO_URL` are texts that
they read as `kestra.environment` and `kestra.url`.
`DALSEGNO_DURABILITY` is `normal` (kill -9 loses nothing; a power cut may lose the last moment) or `full`.
`DALSEGNO_ALLOW_PICKLE` is `true` or `false`: whether values may be kept by pickle, and loaded where they were.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

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
    globals, environment, url : what expressions can read about this installation.
    allow_pickle : whether values that only pickle can keep are kept and loaded.
    server : the address of a server that is worked with, in place of the data directory.
    """

    home: Path
    store: str | None = None
    durability: Durability = "normal"
    globals: Mapping[str, Any] = field(default_factory=dict[str, Any])
    environment: str | None = None
    url: str | None = None
    allow_pickle: bool = True
    server: str | None = None

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
    return Settings(
        folder,
        environ.get("DALSEGNO_STORE") or None,
        durability,
        _globals(environ.get("DALSEGNO_GLOBALS")),
        environ.get("DALSEGNO_ENVIRONMENT") or None,
        environ.get("DALSEGNO_URL") or None,
        _switch("DALSEGNO_ALLOW_PICKLE", environ.get("DALSEGNO_ALLOW_PICKLE") or "true"),
        environ.get("DALSEGNO_SERVER") or None,
    )


def allow_pickle() -> bool:
    """Whether values may be kept and loaded that need pickle."""
    return read_settings().allow_pickle


#: how a setting that is on or off may be written
_SWITCHES = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def _switch(name: str, given: str) -> bool:
    found = _SWITCHES.get(given.lower())
    if found is None:
        raise Refusal(f"{name} is `{given}`; it can be `true` or `false`", code="bad-setting")
    return found


def _globals(text: str | None) -> Mapping[str, Any]:
    if not text:
        return {}
    try:
        found: Any = json.loads(text)
    except ValueError as error:
        raise Refusal(f"DALSEGNO_GLOBALS is no JSON: {error}", code="bad-setting") from None
    if not isinstance(found, dict):
        raise Refusal('DALSEGNO_GLOBALS must be a JSON map, such as {"bucket": "lake"}', code="bad-setting")
    return cast("dict[str, Any]", found)


def find_home(cwd: Path, environ: Mapping[str, str]) -> Path:
    """Give the nearest `.dalsegno` above `cwd`, else the one of the user."""
    for folder in (cwd, *cwd.parents):
        if (folder / ".dalsegno").is_dir():
            return folder / ".dalsegno"
    return Path(environ.get("HOME") or Path.home()) / ".dalsegno"
