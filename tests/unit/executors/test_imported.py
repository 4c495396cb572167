"""Which packages were imported, told from what is installed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dalsegno.executors import imported
from dalsegno.executors.imported import ImportedPackages


def install(folder: Path, package: str, version: str, *files: str) -> None:
    """Put a package into a folder as an installer does."""
    facts = folder / f"{package.replace('-', '_')}-{version}.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    (facts / "RECORD").write_text(
        "".join(f"{name},,\n" for name in (*files, f"../../bin/{package}", f"{facts.name}/RECORD"))
    )
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(imported, "library_folders", lambda: (f"{tmp_path}/",))
    imported._index.cache_clear()
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]
    imported._index.cache_clear()


def test_packages_are_found_by_the_modules_that_they_bring(site: Path) -> None:
    install(site, "Py-Rides", "1.2", "rides_of/__init__.py", "one_file.py")
    install(site, "other", "3", "other.py")
    packages = ImportedPackages()
    assert packages.versions() == {}
    importlib.import_module("one_file")
    assert packages.versions() == {"Py-Rides": "1.2"}
    importlib.import_module("other")
    importlib.import_module("rides_of")
    assert packages.versions() == {"Py-Rides": "1.2", "other": "3"}


def test_of_packages_that_share_a_name_only_what_was_imported_is_told(site: Path) -> None:
    install(site, "vendor-base", "1.0", "vendor/base/__init__.py")
    install(site, "vendor-more", "2.0", "vendor/more/__init__.py")
    packages = ImportedPackages()
    importlib.import_module("vendor.base")
    assert packages.versions() == {"vendor-base": "1.0"}


def test_what_was_imported_before_and_what_is_no_package_is_not_told(site: Path) -> None:
    install(site, "early", "1", "early.py")
    (site / "own_steps.py").write_text("")
    importlib.import_module("early")
    packages = ImportedPackages()
    importlib.import_module("own_steps")
    assert packages.versions() == {}
