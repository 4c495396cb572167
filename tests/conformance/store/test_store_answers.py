"""Answers that are kept by key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dalsegno.errors import MoveRefused
from dalsegno.store.answers_port import BeginAnswer, DropAnswer, KeepAnswer, StoredAnswer
from dalsegno.store.port import Store

BEGUN = StoredAnswer("someone", "k-1", "digest", "here", 100.0)
MADE = replace(BEGUN, status=201, headers=(("location", "/x"),), body=b'{"\xc3\xa9": 1}\x00')


def test_a_key_is_taken_once_and_keeps_its_answer(store: Store, other: Store) -> None:
    assert store.answers.get("someone", "k-1") is None
    store.commit(None, [BeginAnswer(BEGUN, forget=0.0)])
    assert other.answers.get("someone", "k-1") == BEGUN
    with pytest.raises(MoveRefused):
        other.commit(None, [BeginAnswer(replace(BEGUN, owner="there"), forget=0.0)])
    store.commit(None, [KeepAnswer(MADE)])
    assert other.answers.get("someone", "k-1") == MADE


def test_a_key_belongs_to_who_asked(store: Store) -> None:
    store.commit(None, [BeginAnswer(BEGUN, forget=0.0)])
    store.commit(None, [BeginAnswer(replace(BEGUN, caller="another"), forget=0.0)])
    assert store.answers.get("another", "k-1") is not None


def test_nobody_else_answers_in_the_place_of_who_took_the_key(store: Store) -> None:
    store.commit(None, [BeginAnswer(BEGUN, forget=0.0)])
    store.commit(None, [KeepAnswer(replace(MADE, owner="there"))])
    assert store.answers.get("someone", "k-1") == BEGUN


def test_a_key_is_given_back_only_while_it_has_no_answer(store: Store) -> None:
    store.commit(None, [BeginAnswer(BEGUN, forget=0.0)])
    store.commit(None, [DropAnswer("someone", "k-1")])
    assert store.answers.get("someone", "k-1") is None
    store.commit(None, [BeginAnswer(BEGUN, forget=0.0)])
    store.commit(None, [KeepAnswer(MADE)])
    store.commit(None, [DropAnswer("someone", "k-1")])
    assert store.answers.get("someone", "k-1") == MADE


def test_old_answers_go_when_a_key_is_taken(store: Store) -> None:
    store.commit(None, [BeginAnswer(BEGUN, forget=0.0)])
    store.commit(None, [BeginAnswer(replace(BEGUN, key="k-2", created=200.0), forget=100.5)])
    assert store.answers.get("someone", "k-1") is None
    store.commit(None, [BeginAnswer(replace(BEGUN, key="k-1", created=200.0), forget=100.5)])
    assert store.answers.get("someone", "k-2") is not None
