"""A data directory in which runs are made, on a clock that is set."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.clock import SetClock

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.engine.clock import RandomIds
from dalsegno.model.run import Run
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.sealing import Sealing
from dalsegno.service.service import Service
from dalsegno.store.open import open_store

DAY = 86_400.0

#: a file and a large value are made, and what reads them fails while `bad` says so
FLOW = """
id: rides
namespace: bikes
inputs:
  - {id: trips, type: FILE}
  - {id: bad, type: STRING, defaults: "true"}
tasks:
  - {id: read, type: serdes.csv.CsvToIon, from: "{{ inputs.trips }}"}
  - {id: many, type: core.debug.Return, value: "{% for n in range(0, 6000) %}{{ n }},{% endfor %}"}
  - {id: say, type: core.log.Log, message: "{{ outputs.read.size }} trips"}
  - {id: check, type: core.execution.Fail, condition: "{{ inputs.bad }}", errorMessage: not yet}
  - {id: report, type: core.debug.Return, value: "{{ outputs.many.value | length }}"}
"""


class Home:
    """A data directory, opened.

    Attributes
    ----------
    clock : stands; files in the artifact store are as old as it says after `age`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SetClock(tick=0.001)
        self.artifacts = LocalArtifacts(folder / "artifacts")
        self.store = open_store(folder / "dalsegno.db", now=self.clock.now)
        self.service = Service(
            self.store, self.artifacts, clock=self.clock, ids=RandomIds(), sealing=Sealing(folder / "secret.key")
        )
        self.runs = self.service.runs
        self.trips = folder / "trips.csv"
        self.trips.write_text("trip,minutes\nA1,14\nA2,31\n")

    def run(self, text: str = FLOW, **inputs: Any) -> Run:
        """Run a flow."""
        return self.runs.execute(self.create(text, **inputs).id)

    def create(self, text: str = FLOW, **inputs: Any) -> Run:
        """Create a run and leave it at that."""
        given: Mapping[str, Any] = {"trips": str(self.trips), **inputs} if "trips" in text else inputs
        return self.runs.create_fresh("rides.yaml", ReplayRequest(inputs=given), text=text)

    def replay(self, origin: Run, **request: Any) -> Run:
        """Replay a run; what succeeded is kept unless the request says otherwise."""
        wanted = {"skip_successful": not {"start", "only"} & request.keys(), **request}
        created = self.runs.create_replay(replace(ReplayRequest(origin=origin.id), **wanted))
        return self.runs.execute(created.id)

    def age(self, days: float) -> None:
        """Let time pass; the files that are there are as old as they were when it began."""
        now = self.clock.now()
        for blob in self.artifacts.blobs():
            if blob.stored > now + DAY:
                os.utime(self.artifacts.path(blob.digest), (now, now))
        self.clock.move(days * DAY)

    def found(self, run: Run) -> Run:
        """Give the run as it is now."""
        return self.runs.get(run.id)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.service.close()
