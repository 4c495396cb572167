"""Stores the code of pipelines without running it, where all that it needs is there."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.stored_steps import StoredSteps
from dalsegno.errors import Problem, Refusal, TaskFailed
from dalsegno.service.coded import Coded, refuse_lacking
from dalsegno.service.flows import FlowCases, Saved


class DeployCases:
    """Deploys pipelines."""

    def __init__(self, artifacts: ArtifactStore, flows: FlowCases) -> None:
        self._artifacts = artifacts
        self._flows = flows

    def deploy(self, coded: Coded, packages: Mapping[str, str]) -> Saved:
        """Save the code of a pipeline as a revision. Equal code makes no new one.

        It is loaded once, in a worker process, so that what is missing is told now.

        Parameters
        ----------
        packages : the packages that it imports, with their versions where it was written.

        Raises
        ------
        Refusal : a package is missing here, or the code cannot be loaded; no revision was saved.
        """
        warnings = _compared(coded.flow.full_id, packages)
        for content in coded.contents.values():
            self._artifacts.put_bytes(content)
        refuse_lacking(self._flows.prepare_code(coded).revision, self._artifacts)
        try:
            StoredSteps(coded.source, self._artifacts).load()
        except TaskFailed as error:
            hint = "" if error.hint is None else f"; {error.hint}"
            raise Refusal(f"{error.message}{hint}", code=error.code, closest=error.closest) from error
        return replace(self._flows.save_code(coded), warnings=warnings)


def _compared(name: str, packages: Mapping[str, str]) -> tuple[Problem, ...]:
    """Give warnings about packages of another version. Raises `Refusal` where some are missing."""
    here = {package: _version(package) for package in packages}
    missing = [f"`{package}` ({packages[package]} where it was deployed from)" for package in here if not here[package]]
    if missing:
        listed = ", ".join(missing)
        needed = " ".join(f"{package}=={packages[package]}" for package in here if not here[package])
        raise Refusal(
            f"`{name}` needs packages that are not installed in {sys.prefix}, where its steps are to run: {listed}. "
            f"Install them there (`pip install {needed}`) and deploy again; nothing was saved",
            code="missing-package",
        )
    return tuple(
        Problem(
            "other-version",
            f"`{package}` is {found} where the steps run, and {packages[package]} where it was deployed from",
            severity="warning",
        )
        for package, found in here.items()
        if found != packages[package]
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
