"""Data and rules of the domain: flows, runs, states, plans, events. No I/O, no clock, no ids made here.

Contract: frozen dataclasses and pure functions. Everything above may import this package; it imports nothing of ours
but `dalsegno.errors`. The words are those of the glossary in `docs/architecture.md`.
"""
