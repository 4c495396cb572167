"""What every session tells at its end, and what holds for all properties."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# how fast a machine is says nothing about what is tested
settings.register_profile("dalsegno", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dalsegno")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many stops were tried, and how many tests of the Client ran how, also where worker processes tried them."""
    reports: list[Any] = [report for key in ("passed", "failed") for report in terminalreporter.stats.get(key, [])]
    told = [each for report in reports for each in getattr(report, "user_properties", [])]
    counts = [value for name, value in told if name == "stops"]
    if counts:
        stops, lost, doubled = (sum(column) for column in zip(*counts, strict=True))
        terminalreporter.write_line(f"stops tried: {stops}, lost: {lost}, doubled: {doubled}")
    transports = [value for name, value in told if name == "transport"]
    if transports:
        embedded, http = transports.count("embedded"), transports.count("http")
        terminalreporter.write_line(f"client tests: {embedded} embedded, {http} http")
