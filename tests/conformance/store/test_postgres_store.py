"""What PostgreSQL alone does: leases that live by a heartbeat, servers that do not answer, connections that die."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import psycopg
import pytest
from tests.conformance.store.conftest import Clock
from tests.support.stored import a_run, running

from dalsegno.errors import LeaseLost, RunIsLive, StoreUnavailable
from dalsegno.model.state import State
from dalsegno.store.open import open_store
from dalsegno.store.port import CreateRun, MoveRun, Store


@pytest.fixture
def store(postgres_address: str, clock: Clock, opened: Callable[..., Store]) -> Store:
    return opened(postgres_address, now=clock)


@pytest.fixture
def other(postgres_address: str, clock: Clock, opened: Callable[..., Store]) -> Store:
    return opened(postgres_address, now=clock)


def test_a_lease_that_is_kept_alive_stays(store: Store, other: Store, clock: Clock) -> None:
    run, lease = running(store)
    for _ in range(3):
        clock.seconds += 14
        store.beat(lease)
    clock.seconds += 15
    with pytest.raises(RunIsLive, match="heard of in the last 15 seconds"):
        other.acquire(run.id, "another")


def test_a_lease_that_is_not_kept_alive_is_taken_and_its_holder_stopped(
    store: Store, other: Store, clock: Clock
) -> None:
    run, lease = running(store)
    clock.seconds += 15.1
    assert other.acquire(run.id, "another").number == 2
    with pytest.raises(LeaseLost, match="taken over by another"):
        store.beat(lease)
    with pytest.raises(LeaseLost):
        store.commit(lease, [MoveRun(run.id, State.RUNNING, State.SUCCESS, 12.0)])


def test_a_late_holder_whose_lease_nobody_took_goes_on(store: Store, clock: Clock) -> None:
    run, lease = running(store)
    clock.seconds += 100
    store.commit(lease, [MoveRun(run.id, State.RUNNING, State.SUCCESS, 12.0)])
    store.beat(lease)


def test_connections_that_died_are_replaced(store: Store, postgres_address: str) -> None:
    run = a_run()
    store.commit(None, [CreateRun(run, b"")])
    others = b"WHERE pid <> pg_backend_pid() AND datname = current_database()"
    kill = b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity " + others
    for use in (lambda: store.runs.get(run.id), lambda: store.commit(None, [CreateRun(a_run(), b"")])):
        with psycopg.connect(postgres_address) as connection:
            connection.execute(kill)
        use()


def test_a_server_that_does_not_answer_is_told_without_the_password() -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached") as refused:
        open_store("postgresql://me:s3cret@127.0.0.1:1/nowhere", now=lambda: 0.0)
    assert "s3cret" not in str(refused.value)
    assert "postgresql://127.0.0.1/nowhere" in str(refused.value)


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreUnavailable, match="has been closed"):
        store.runs.get("a")


def test_a_missing_driver_names_the_extra() -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from dalsegno.errors import ExtraMissing\n"
        "from dalsegno.store.open import open_store\n"
        "try: open_store('postgresql:///x', now=lambda: 0.0)\n"
        "except ExtraMissing as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "dalsegno[postgres]" in done.stdout
