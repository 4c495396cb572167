"""Opens the service on a data directory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.engine.clock import RandomIds, SystemClock
from dalsegno.engine.outside import Surroundings
from dalsegno.model.clock import Clock
from dalsegno.service.sealing import Sealing
from dalsegno.service.service import Service
from dalsegno.settings import Settings, read_settings
from dalsegno.store.open import open_store


def open_service(home: Path | None = None, *, settings: Settings | None = None, clock: Clock | None = None) -> Service:
    """Open the service.

    Parameters
    ----------
    home : the data directory, in place of the one that the settings name.
    settings : in place of those of the environment.
    clock : in place of this machine's.
    """
    settings = settings or read_settings()
    if home is not None:
        settings = replace(settings, home=home.absolute())
    clock = clock or SystemClock()
    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.store_url, durability=settings.durability, now=clock.now)
    artifacts = LocalArtifacts(settings.artifacts_folder, durability=settings.durability)
    around = Surroundings(globals=settings.globals, environment=settings.environment, url=settings.url)
    sealing = Sealing(settings.key_file)
    return Service(store, artifacts, clock=clock, ids=RandomIds(), sealing=sealing, around=around)
