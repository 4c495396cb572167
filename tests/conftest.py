"""What every session tells at its end."""

from __future__ import annotations

from typing import Any

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many stops were tried, also where worker processes tried them."""
    reports: list[Any] = [report for key in ("passed", "failed") for report in terminalreporter.stats.get(key, [])]
    counts = [value for report in reports for name, value in getattr(report, "user_properties", []) if name == "stops"]
    if counts:
        stops, lost, doubled = (sum(column) for column in zip(*counts, strict=True))
        terminalreporter.write_line(f"stops tried: {stops}, lost: {lost}, doubled: {doubled}")
