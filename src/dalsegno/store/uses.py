"""Finds which blobs are in use: by their digests, wherever one stands in what is stored.

Whatever looks like the digest of a blob counts as a use of it, in an URI, a reference or a plain text: it errs by keeping.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from dalsegno.store import statements as sql
from dalsegno.store.rows import Row

_DIGEST = re.compile(r"[0-9a-f]{64}")
#: rows that are looked through at a time
_PAGE = 1000


class Fetch(Protocol):
    """Executes one statement that reads, and gives all its rows."""

    def __call__(self, statement: str, parameters: Mapping[str, Any]) -> Sequence[Row]: ...


def digests_in_use(fetch: Fetch, among: frozenset[str], without: frozenset[str]) -> set[str]:
    """Give, of the digests `among`, those that runs, flows, entries or files of namespaces need, without some runs."""
    runs = fetch(sql.RUNS_AND_ROOTS, {})
    gone = frozenset(run for run, _, deleted in runs if deleted is not None) | without
    found: set[str] = set()
    for run, *texts in _pages(fetch, sql.TEXTS_OF_RUNS, ""):
        if run not in gone:
            found.update(_digests(texts, among))
    # who reuses a task run has a copy of what it gave, so those of deleted runs say nothing new
    for _, run, *texts in _pages(fetch, sql.TEXTS_OF_TASK_RUNS, 0):
        if run not in gone:
            found.update(_digests(texts, among))
    alone = (sql.TEXTS_OF_REVISIONS, sql.TEXTS_OF_ENTRIES, sql.TEXTS_OF_BULK_JOBS)
    for texts in (row for statement in alone for row in fetch(statement, {})):
        found.update(_digests(texts, among))
    found.update(digest for (digest,) in fetch(sql.DIGESTS_OF_FILES, {}) if digest in among)
    lineages = {root for run, root, _ in runs if run not in gone}
    alive = {run for run, root, _ in runs if root in lineages}
    given = ((run, digest) for run, digest in fetch(sql.GIVEN_ARTIFACTS, {}) if digest in among)
    found.update(digest for run, digest in given if run in alive)
    return found


def _pages(fetch: Fetch, statement: str, after: Any) -> Iterator[Row]:
    while True:
        page = fetch(statement, {"after": after, "limit": _PAGE})
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1][0]


def _digests(texts: Iterable[str | None], among: frozenset[str]) -> set[str]:
    return {digest for text in texts if text for digest in _DIGEST.findall(text) if digest in among}
