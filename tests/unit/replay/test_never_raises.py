from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.graphs import (
    ANYTHING,
    allow,
    changed,
    choice,
    dag,
    draw,
    each,
    flow,
    own,
    par,
    past,
    seq,
    some,
    task,
    whole,
)

from dalsegno.model.flow import Effects, Flow, Read, Task
from dalsegno.model.plan import Action, Plan
from dalsegno.replay.request import ORIGIN, Expression, Overrides, ReplayRequest, request_from_json
from dalsegno.replay.stored import plan_from_bytes, plan_to_bytes

NAMES = "abcdefgh"
ITEMS = st.lists(st.sampled_from(["p", "q", "a b", "x#2", 1, None, True, {"k": 1}, ""]), max_size=4)


def of_p(id: str) -> Read:
    return Read(id, ("p",), ("value",))


def anything(_: str) -> Read:
    return ANYTHING


_READS: tuple[Callable[[str], Read], ...] = (Read, own, some, whole, of_p, anything)


@st.composite
def flows(draw_: st.DrawFn) -> Flow:
    ids = list(NAMES[: draw_(st.integers(1, 8))])
    made = [_task(draw_, name, ids) for name in ids]
    number = len(ids)
    while len(made) > 1 and draw_(st.booleans()):
        at = draw_(st.integers(0, len(made) - 1))
        inside = made[at : at + draw_(st.integers(1, 4))]
        group = _group(draw_, f"g{number}", inside)
        number += 1
        ids.append(group.id)
        made[at : at + len(inside)] = [changed(group, reads=_reads(draw_, ids) if group.kind in PARTS else ())]
    handlers = [made.pop() for _ in range(draw_(st.integers(0, 2))) if len(made) > 1]
    return flow(*made, errors=handlers[:1], lasts=handlers[1:])


PARTS = ("loop", "choice")


def _group(draw_: st.DrawFn, id: str, inside: list[Task]) -> Task:
    names = [found.id for found in inside]
    match draw_(st.sampled_from(["seq", "par", "each", "choice", "dag", "allow", "handled"])):
        case "choice":
            at = draw_(st.integers(0, len(inside)))
            return choice(id, {"p": inside[:at], "q": inside[at:]})
        case "dag":
            return dag(id, *inside, **{name: names[:at] for at, name in enumerate(names) if draw_(st.booleans())})
        case "allow":
            return allow(id, *inside)
        case "handled":
            kind = draw_(st.sampled_from([seq, par, each]))
            return changed(kind(id, *inside[:1]), errors=tuple(inside[1:2]), lasts=tuple(inside[2:]))
        case kind:
            return {"seq": seq, "par": par, "each": each}[kind](id, *inside)


def _task(draw_: st.DrawFn, name: str, ids: list[str]) -> Task:
    return task(
        name,
        *_reads(draw_, ids),
        inputs=tuple(draw_(st.sets(st.sampled_from("xy")))),
        says=draw_(st.sampled_from("12")),
        effects=draw_(st.sampled_from([Effects.NONE, Effects.NONE, Effects.EXTERNAL])),
        allow_failure=draw_(st.booleans()),
    )


def _reads(draw_: st.DrawFn, ids: list[str]) -> tuple[Read, ...]:
    names = draw_(st.lists(st.sampled_from([*ids, "zz"]), max_size=2))
    return tuple(draw_(st.sampled_from(_READS))(name) for name in names)


TEXTS = st.one_of(
    st.sampled_from([*NAMES, "g1", "g2", "g3", "g4", "g5", "zz"]),
    st.builds(
        "{}[{}].{}".format,
        st.sampled_from(["g2", "g3", "g4"]),
        st.sampled_from(["p", "*", '"a b"', "9"]),
        st.sampled_from(NAMES),
    ),
    st.builds("{}[{}]".format, st.sampled_from(["g2", "g3", "g4"]), st.sampled_from(["p", "*", '"a b"', "9"])),
    st.text(max_size=8),
)
VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=3), st.just(Expression("{{ x }}")))
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "start": st.lists(TEXTS, max_size=3),
        "skip": st.lists(TEXTS, max_size=2),
        "only": st.lists(TEXTS, max_size=2),
        "until": st.lists(TEXTS, max_size=2),
        "breakpoints": st.lists(TEXTS, max_size=2),
        "acknowledge": st.lists(st.one_of(TEXTS, st.just("*")), max_size=2),
        "effects": st.sampled_from(["ask", "reuse"]),
        "renamed": st.dictionaries(TEXTS, TEXTS, max_size=2),
        "changed": st.booleans(),
        "skip_successful": st.booleans(),
        "task_inputs": st.dictionaries(
            TEXTS, st.dictionaries(st.sampled_from(["value", "v"]), VALUES, max_size=2), max_size=2
        ),
        "outputs": st.dictionaries(
            TEXTS, st.one_of(st.integers(), st.just({}), st.just({"value": 1}), st.just(ORIGIN)), max_size=2
        ),
        "stale": st.sampled_from(["warn", "refuse"]),
        "verify": st.booleans(),
        "carried": st.builds(
            Overrides,
            st.dictionaries(TEXTS, st.dictionaries(st.just("value"), VALUES, max_size=1), max_size=1),
            st.dictionaries(TEXTS, st.one_of(st.integers(), st.just(ORIGIN)), max_size=1),
        ),
    },
)


@settings(max_examples=int(os.environ.get("DALSEGNO_ORACLE_GRAPHS", "150")), deadline=None)
@given(before=flows(), after=flows(), request=REQUESTS, data=st.data())
def test_the_planner_raises_nothing_and_holds_what_a_plan_promises(
    before: Flow, after: Flow, request: dict[str, Any], data: st.DataObject
) -> None:
    groups = {found.id: found.kind for found in (*before.walk(), *after.walk()) if found.kind in PARTS}
    parts = {"loop": ITEMS, "choice": st.sampled_from([["p"], ["q"], ["other"]])}
    then: dict[str, Any] = {name: data.draw(parts[kind]) for name, kind in groups.items()}
    now: dict[str, Any] = {name: data.draw(st.one_of(st.none(), parts[kind])) for name, kind in groups.items()}
    names = st.lists(st.sampled_from(NAMES), max_size=2)
    origin = past(
        before, items=then, failed=data.draw(names), absent=data.draw(names), gone=data.draw(names),
        killed=data.draw(names), tolerated=data.draw(names),
    )  # fmt: skip
    overridden = data.draw(st.lists(st.sampled_from("xy"), max_size=1))
    plan = draw(after, data.draw(st.sampled_from([origin, None])), items=now, overridden=overridden, **request)
    _check(plan, request)
    assert all(refusal.message and refusal.code for refusal in plan.refusals)


def _check(plan: Plan, request: Mapping[str, Any]) -> None:
    assert len(plan.by_address) == len(plan.decisions)
    for decision in plan.decisions:
        assert decision.reason
        if decision.action is Action.REUSE:
            assert decision.origin_task_run is not None
        if decision.action is Action.LEAVE:
            assert request.get("only") or request.get("until")
        if decision.action is Action.CHECK:
            assert request.get("changed")
    executed = replace(plan, refusals=())
    assert plan_from_bytes(plan_to_bytes(executed)) == executed


@given(request=REQUESTS)
def test_a_request_is_read_back_as_it_was_written(request: dict[str, Any]) -> None:
    for name in ("start", "skip", "only", "until", "breakpoints", "acknowledge"):
        request[name] = tuple(request.get(name, ()))
    made = ReplayRequest(origin="run", reason="why", labels={"a": "b"}, inputs={"x": 0}, **request)
    assert request_from_json(made.as_json()).as_json() == made.as_json()
    assert request_from_json(made.as_json()).carried == made.carried
