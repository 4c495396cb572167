"""How often somebody may try to log in."""

from __future__ import annotations

import pytest
from tests.support.clock import SetClock

from dalsegno.errors import TooManyTries
from dalsegno.server.tries import Tries


def waits(tries: Tries, user: str = "ann", address: str = "10.0.0.1") -> float:
    try:
        tries.begin(user, address)
    except TooManyTries as error:
        return error.wait
    return 0.0


def test_each_login_that_fails_has_the_next_one_wait_longer() -> None:
    clock = SetClock()
    tries = Tries(clock)
    assert [waits(tries) for _ in range(6)] == [0, 0, 0, 0, 0, 1]
    told: list[float] = []
    for _ in range(11):
        told.append(waits(tries))
        clock.move(told[-1])
        assert waits(tries) == 0
    assert told == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_what_is_refused_does_not_count() -> None:
    clock = SetClock()
    tries = Tries(clock)
    assert [waits(tries) for _ in range(50)][-1] == 1
    clock.move(1)
    assert waits(tries) == 0


def test_another_user_and_another_address_wait_apart() -> None:
    tries = Tries(SetClock())
    for _ in range(5):
        waits(tries)
    assert waits(tries, address="10.0.0.2") == 1
    assert waits(tries, user="bob") == 0
    others = [waits(tries, user=f"user-{number}") for number in range(20)]
    assert (others[13], others[14]) == (0, 1)


def test_a_login_that_succeeds_forgets_the_name_and_an_hour_all() -> None:
    clock = SetClock()
    tries = Tries(clock)
    for _ in range(5):
        waits(tries)
    clock.move(2)
    assert waits(tries) == 0
    tries.succeeded("ann", "10.0.0.1")
    assert [waits(tries) for _ in range(5)] == [0] * 5
    clock.move(3601)
    assert [waits(tries) for _ in range(5)] == [0] * 5
    with pytest.raises(TooManyTries, match="too many logins have failed: try again in 1 s"):
        tries.begin("ann", "10.0.0.1")
