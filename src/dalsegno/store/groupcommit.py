"""Joins the commits of a process's threads into few transactions on one SQLite connection.

Whoever gets the turn carries out all commits that wait, its own among them, in one transaction: one writer at a time,
and a lone commit changes no thread. Each commit of several has a savepoint, so that one that fails is taken back
alone; only its caller hears of it. A file lock comes before `BEGIN IMMEDIATE`, because processes that meet inside SQLite
poll with growing pauses, and those that meet at the lock follow each other.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from dalsegno.store.transaction import Execute

Work = Callable[[Execute], Any]


class file_lock:  # noqa: N801 - used like a function; a generator would cost more than the lock itself
    """Hold the lock of a file that is open."""

    __slots__ = ("_descriptor",)

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)


class _Commit:
    """One commit that waits. It is done when it has a result that is committed, or an error."""

    __slots__ = ("done", "error", "result", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = False

    def fail(self, error: BaseException) -> None:
        self.error = error
        self.done = True


class GroupCommit:
    """The one way to write to a SQLite store.

    Parameters
    ----------
    connection : one that begins no transactions itself and may be used by any thread.
    lock_file : descriptor of the file whose lock orders the processes.
    translate : makes an error of ours of one of the driver or the system, and leaves others as they are.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        lock_file: int,
        translate: Callable[[Exception], Exception],
    ) -> None:
        self._connection = connection
        self._lock_file = lock_file
        self._translate = translate
        self._turn = Lock()
        self._committing: Sequence[_Commit] = ()
        self._waiting: deque[_Commit] = deque()

    def commit(self, work: Work) -> Any:
        """Carry out `work` in a transaction, and give its result when that is committed.

        Raises
        ------
        Exception : what `work` raised, or what kept the store from committing; nothing of it is kept.
        """
        commit = _Commit(work)
        self._waiting.append(commit)
        try:
            with self._turn:
                if not commit.done:
                    self._carry_out_waiting()
        finally:
            # each takes back its own: whoever is interrupted (Ctrl-C) leaves what others wait for where it is
            self._waiting.remove(commit)
        if commit.error is not None:
            raise commit.error
        return commit.result

    def close(self) -> None:
        """Wait for what is being written, and close the connection."""
        with self._turn:
            self._connection.close()

    def _carry_out_waiting(self) -> None:
        commits = [commit for commit in list(self._waiting) if not commit.done]
        try:
            with file_lock(self._lock_file):
                self._carry_out(commits)
        except BaseException as error:
            self._interrupted()
            if isinstance(error, OSError):
                raise self._translate(error) from error
            raise

    def _interrupted(self) -> None:
        """Take back what was not committed, and note what was."""
        committed = [] if self._connection.in_transaction else self._committing
        self._roll_back()
        for commit in committed:
            commit.done = True

    def _carry_out(self, commits: Sequence[_Commit]) -> None:
        if not self._transact(commits):
            # the database has taken back the whole transaction for the sake of one: each for itself, then
            for commit in commits:
                if not commit.done:
                    self._transact([commit])

    def _transact(self, commits: Sequence[_Commit]) -> bool:
        """Carry out commits in one transaction; tell whether each of them is done, for good or ill."""
        self._committing = ()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for commit in commits:
                if len(commits) == 1:
                    commit.result = commit.work(self._connection.execute)
                else:
                    self._in_savepoint(commit)
            self._committing = commits
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - it belongs to the caller whose commit this is
            self._committing = ()
            self._roll_back()
            if len(commits) > 1:
                return False
            commits[0].fail(self._translate(error))
        for commit in commits:
            commit.done = True
        return True

    def _in_savepoint(self, commit: _Commit) -> None:
        """Carry out one commit of several, and take it back alone where it fails."""
        execute = self._connection.execute
        execute("SAVEPOINT one")
        try:
            commit.result = commit.work(execute)
        except Exception as error:  # noqa: BLE001 - it belongs to the caller whose commit this is
            # fails where the database has taken back the whole transaction: then each is carried out alone
            execute("ROLLBACK TO one")
            commit.fail(self._translate(error))
        execute("RELEASE one")

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
