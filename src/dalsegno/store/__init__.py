"""Metadata: flows, revisions, runs, task runs, events, logs, artifacts' records.

Contract: one write door, `Store.commit(lease, writes)`; reads are small ports by noun. Adapters are SQLite (the default)
and PostgreSQL (extra `postgres`); one is done when `tests/conformance/store` passes. Nobody else touches the tables.
"""
